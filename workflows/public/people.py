"""Add, change, disable and remove people, from another service."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from models import Actor, Invalid, Language, Preference, Right, Scope, User
from workflows.access import find_user, require
from workflows.people import addresses, details, removal, users
from workflows.people.contacts import ContactChanges
from workflows.public.call import (
    ACTS,
    PARCEL,
    Address,
    Call,
    ExternalKey,
    Name,
    Person,
    ShortName,
    Text,
    private,
)
from workflows.public.caller import Caller
from workflows.public.declare import public
from workflows.public.subscriptions import Changed

Roles = Annotated[list[Name], Field(max_length=100)]
Phone = Annotated[Text, Field(max_length=64)]

OWN_OR_2000: Any = Field(
    None, description="The user, or one with Right 2000; without it the service acts by itself"
)
WITH_2000: Any = Field(
    None, description="A user with Right 2000; without it the service acts by itself"
)
ZONE = "An IANA name such as Europe/Zurich, in which the person reads times; empty: TIME_ZONE"
PREFERENCE = "How the person wants letters; sms and both need a phone"
PHONE = "In E.164 or as people write it, with the country's prefix"


class AddPerson(Call):
    """Add a person; mails them nothing.

    If a person has this address already, and the service may act for everyone, that person is the
    answer, with `"changed": false`: the service's key is given to them, and nothing else of them
    changes.  A service that acts only for its own people is refused, and must give `external_id`.
    It gives no roles.  A key of another person is refused.
    """

    address: Address = private(description="The person's address")
    name: Name = private(description="The person's name")
    phone: Phone = private("", description=PHONE)
    parcel: UUID | None = PARCEL
    external_id: ExternalKey | None = Field(None, description="The service's own key for them")
    language: Language = Field(Language.ENGLISH, description="Of letters and pages")
    time_zone: ShortName = Field("", description=ZONE)
    preference: Preference = Field(Preference.EMAIL, description=PREFERENCE)
    roles: Roles = Field([], description="Names of roles, granted everywhere")
    by_id: Person | None = WITH_2000


class UpdatePerson(Call):
    """Change a person; what is left out or null keeps its value.

    Of a new address a letter goes to it and to the former one, and every list that the person is
    on is pushed.  A service that acts only for its own people changes no roles, and no one who may
    edit users.
    """

    user_id: Person = Field(description="Who is changed")
    address: Address | None = private(None, description="The new address")
    name: Name | None = private(None, description="The person's name")
    phone: Phone | None = private(None, description=f"{PHONE}; empty: none")
    parcel: UUID | None = PARCEL
    external_id: ExternalKey | None = Field(
        None, description="The service's own key for them from now on, in place of an earlier one"
    )
    language: Language | None = Field(None, description="Of letters and pages")
    time_zone: ShortName | None = Field(None, description=ZONE)
    preference: Preference | None = Field(None, description=PREFERENCE)
    roles: Roles | None = Field(
        None, description="All roles that they have everywhere, by name; needs Right 2000"
    )
    by_id: Person | None = OWN_OR_2000


class DisablePerson(Call):
    """Let a person neither act nor receive anything until `listgate.enable_person`."""

    user_id: Person = Field(description="Who is disabled; nothing of them is deleted")
    by_id: Person | None = WITH_2000


class EnablePerson(Call):
    """Undo `listgate.disable_person`; the person is on the same lists as before."""

    user_id: Person = Field(description="Who is enabled")
    by_id: Person | None = WITH_2000


class ChangeAddress(Call):
    """Give a user another address; every list the user is on is pushed."""

    text_of_parcel = "address"

    user_id: Person = Field(description="Whose address changes")
    address: Address = private(description="The new address")
    parcel: UUID | None = Field(
        None, description="The id under which the new address is stored (claim check)"
    )
    by_id: Person | None = OWN_OR_2000


class RemoveUser(Call):
    """Take a user off every list, and forget address, phone, roles and services' keys; final."""

    user_id: Person = Field(description="Who is removed")
    by_id: Person | None = ACTS


@public("listgate.add_person", Scope.PEOPLE)
def add_person(session: Session, caller: Caller, call: AddPerson) -> Changed:
    """Add a person, or find the one with this address."""
    actor = caller.actor(session, call.by_id)
    require(actor, Right.EDIT_USERS)
    caller.require_key(call.external_id)
    caller.require_no_roles(call.roles or None)
    user = find_user(session, call.address)
    if user is None:
        try:
            with session.begin_nested():
                added = add_new(session, caller, call, actor=actor)
                return Changed(user_id=added.id, changed=True)
        except Invalid:
            # Of two calls at once, the second finds the person of the first only now.
            user = find_user(session, call.address)
            if user is None:
                raise
    caller.require_same(session, user, call.external_id)
    caller.name(session, user, call.external_id, actor=actor)
    return Changed(user_id=user.id, changed=False)


@public("listgate.update_person", Scope.PEOPLE)
def update_person(session: Session, caller: Caller, call: UpdatePerson) -> Changed:
    """Change a person."""
    actor = caller.actor(session, call.by_id)
    caller.require_no_roles(call.roles)
    user = caller.person_to_change(session, call.user_id, actor=actor)
    contact = ContactChanges(call.name, call.language, call.time_zone, call.phone, call.preference)
    changes = details.PersonChanges(contact, call.address, call.roles)
    changed = details.change_person(session, user, changes, actor=actor)
    changed |= caller.name(session, user, call.external_id, actor=actor)
    return Changed(user_id=user.id, changed=changed)


@public("listgate.disable_person", Scope.PEOPLE)
def disable_person(session: Session, caller: Caller, call: DisablePerson) -> Changed:
    """Disable a person."""
    actor = caller.actor(session, call.by_id)
    user = caller.person_to_change(session, call.user_id, actor=actor)
    changed = users.disable(session, user, actor=actor)
    return Changed(user_id=user.id, changed=changed)


@public("listgate.enable_person", Scope.PEOPLE)
def enable_person(session: Session, caller: Caller, call: EnablePerson) -> Changed:
    """Enable a person."""
    actor = caller.actor(session, call.by_id)
    user = caller.person_to_change(session, call.user_id, actor=actor)
    changed = users.enable(session, user, actor=actor)
    return Changed(user_id=user.id, changed=changed)


@public("listgate.change_address", Scope.PEOPLE)
def change_address(session: Session, caller: Caller, call: ChangeAddress) -> Changed:
    """Give a user another address."""
    actor = caller.actor(session, call.by_id)
    user = caller.person_to_change(session, call.user_id, actor=actor)
    moved = addresses.change_address(session, user, call.address, actor=actor)
    return Changed(user_id=user.id, changed=moved)


@public("listgate.remove_user", Scope.PEOPLE)
def remove_user(session: Session, caller: Caller, call: RemoveUser) -> Changed:
    """Remove a user."""
    actor = caller.actor(session, call.by_id)
    user = caller.person_to_change(session, call.user_id, actor=actor)
    left = removal.remove_user(session, user, actor=actor)
    return Changed(user_id=user.id, changed=left is not None)


def add_new(session: Session, caller: Caller, call: AddPerson, *, actor: Actor) -> User:
    """Add the person with everything that the service knows of them."""
    contact = ContactChanges(
        language=call.language,
        time_zone=call.time_zone,
        phone=call.phone,
        preference=call.preference,
    )
    user = details.add_person(
        session, call.address, call.name, contact=contact, roles=call.roles, actor=actor
    )
    caller.name(session, user, call.external_id, actor=actor)
    return user
