"""`listgate subscribe` and `unsubscribe`."""

import typer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Actor, MailingList, Subscription, User
from portal.cli.options import Addresses, ShortName, acting, counted
from workflows import access
from workflows.lists import lists
from workflows.subscriptions import subscribe as subscriptions

app = typer.Typer()


@app.command()
def subscribe(short_name: ShortName, addresses: Addresses) -> None:
    """Put people on a list."""
    with acting() as (session, done):
        mailing_list = lists.list_named(session, short_name)
        for user in named(session, addresses):
            subscriptions.subscribe(session, user, mailing_list, actor=Actor.operator())
        done(f"The list {short_name} has {counted(members(session, mailing_list), 'member')}.")


@app.command()
def unsubscribe(short_name: ShortName, addresses: Addresses) -> None:
    """Take people off a list."""
    with acting() as (session, done):
        mailing_list = lists.list_named(session, short_name)
        for user in named(session, addresses):
            subscriptions.unsubscribe(session, user, mailing_list, actor=Actor.operator())
        done(f"The list {short_name} has {counted(members(session, mailing_list), 'member')}.")


def named(session: Session, addresses: list[str]) -> list[User]:
    """The people with these addresses, in the order in which all who change many take locks."""
    found = {access.user_with_address(session, address) for address in addresses}
    return sorted(found, key=lambda user: user.id)


def members(session: Session, mailing_list: MailingList) -> int:
    """How many people are on the list."""
    count = select(func.count()).where(Subscription.list_id == mailing_list.id)
    return session.scalar(count) or 0
