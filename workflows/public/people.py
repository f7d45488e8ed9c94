"""Change and remove people, from another service."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from models import Scope
from workflows.people import addresses, removal
from workflows.public.call import ACTS, Call, Person, Text, private
from workflows.public.caller import Caller
from workflows.public.declare import public
from workflows.public.subscriptions import Changed


class ChangeAddress(Call):
    """Give a user another address; every list the user is on is pushed."""

    text_of_parcel = "address"

    user_id: Person = Field(description="Whose address changes")
    address: Annotated[Text, Field(max_length=320)] = private(description="The new address")
    parcel: UUID | None = Field(
        None, description="The id under which the new address is stored (claim check)"
    )
    by_id: Person | None = Field(
        None,
        description="The user, or one with Right 2000; without it the service acts by itself",
    )


class RemoveUser(Call):
    """Take a user off every list, and forget address, telephone number and roles; final."""

    user_id: Person = Field(description="Who is removed")
    by_id: Person | None = ACTS


@public("listgate.change_address", Scope.PEOPLE)
def change_address(session: Session, caller: Caller, call: ChangeAddress) -> Changed:
    """Give a user another address."""
    actor = caller.actor(session, call.by_id)
    user = caller.person(session, call.user_id)
    moved = addresses.change_address(session, user, call.address, actor=actor)
    return Changed(user_id=user.id, changed=moved)


@public("listgate.remove_user", Scope.PEOPLE)
def remove_user(session: Session, caller: Caller, call: RemoveUser) -> Changed:
    """Remove a user."""
    actor = caller.actor(session, call.by_id)
    user = caller.person(session, call.user_id)
    left = removal.remove_user(session, user, actor=actor)
    return Changed(user_id=user.id, changed=left is not None)
