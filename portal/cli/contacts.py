"""`listgate user contact` and `listgate user address`."""

from typing import Annotated

import typer

from models import Actor, Language, Preference
from portal.cli.options import Address, acting
from workflows import access
from workflows.people.addresses import change_address
from workflows.people.contacts import ContactChanges, change_contact


def contact(
    address: Address,
    *,
    name: Annotated[str | None, typer.Option(help="The person's name.")] = None,
    phone: Annotated[str | None, typer.Option(help="As in +33612345678; empty for none.")] = None,
    preference: Annotated[Preference | None, typer.Option(help="How to notify them.")] = None,
    language: Annotated[
        Language | None, typer.Option(help="The language of their letters.")
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(help="As in Europe/Paris; empty for the organisation's."),
    ] = None,
) -> None:
    """Change a person's contact; options that are not given keep their value."""
    with acting() as (session, done):
        user = access.user_with_address(session, address)
        change_contact(
            session,
            user,
            ContactChanges(
                name=name,
                phone=phone,
                preference=preference,
                language=language,
                time_zone=time_zone,
            ),
            actor=Actor.operator(),
        )
        done(f"{user.name} is notified by {user.preference}, in {user.language.name.lower()}.")


def address(
    address: Address,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new address.")],
) -> None:
    """Change a person's address; every list they are on is pushed."""
    with acting() as (session, done):
        user = access.user_with_address(session, address)
        changed = change_address(session, user, new, actor=Actor.operator())
        done(f"{user.name} {'now has' if changed else 'already had'} the address {user.address}.")
