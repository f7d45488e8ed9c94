"""`listgate subscribe` and `unsubscribe`."""

import typer
from sqlalchemy.orm import Session

from models import Actor, MailingList, User
from portal.cli.options import Addresses, ShortName, acting, counted
from workflows import access
from workflows.lists import lists
from workflows.queries.list_search import member_counts
from workflows.subscriptions import subscribe as subscriptions

app = typer.Typer()


@app.command()
def subscribe(short_name: ShortName, addresses: Addresses) -> None:
    """Subscribe people to a list."""
    with acting() as (session, done):
        mailing_list = lists.list_named(session, short_name)
        for user in users_with(session, addresses):
            subscriptions.subscribe(session, user, mailing_list, actor=Actor.operator())
        done(f"The list {short_name} has {counted(members(session, mailing_list), 'member')}.")


@app.command()
def unsubscribe(short_name: ShortName, addresses: Addresses) -> None:
    """Unsubscribe people from a list."""
    with acting() as (session, done):
        mailing_list = lists.list_named(session, short_name)
        for user in users_with(session, addresses):
            subscriptions.unsubscribe(session, user, mailing_list, actor=Actor.operator())
        done(f"The list {short_name} has {counted(members(session, mailing_list), 'member')}.")


def users_with(session: Session, addresses: list[str]) -> list[User]:
    """Return the people with these addresses, in the order in which locks are taken."""
    users = {access.user_with_address(session, address) for address in addresses}
    return sorted(users, key=lambda user: user.id)


def members(session: Session, mailing_list: MailingList) -> int:
    """Count the members of the list."""
    return member_counts(session, [mailing_list.id])[mailing_list.id]
