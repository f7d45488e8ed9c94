"""`listgate suspensions` and `resume`."""

import typer

from models import Actor
from portal.cli.options import Addresses, ShortName, SomeShortName, acting, counted, local, show
from portal.cli.subscriptions import users_with
from workflows.lists import lists
from workflows.queries.suspensions import suspended_members, suspension_counts, suspensions_of
from workflows.subscriptions.suspend import resume as end_suspension
from workflows.transaction import transaction

app = typer.Typer()


@app.command("suspensions")
def suspensions(short_name: SomeShortName = None) -> None:
    """Show the members to whom mail came back, or how many each list has."""
    if short_name is None:
        show_counts()
    else:
        show_members(short_name)


def show_counts() -> None:
    """Show the lists that have suspended subscriptions."""
    with transaction() as session:
        show(
            "list",
            "suspended",
            rows=[(one.short_name, str(count)) for one, count in suspension_counts(session)],
            empty="No subscription is suspended.",
        )


def show_members(short_name: str) -> None:
    """Show the suspended members of a list."""
    with transaction() as session:
        mailing_list = lists.list_named(session, short_name)
        people = session.scalars(suspended_members(mailing_list.id)).all()
        found = suspensions_of(session, mailing_list.id, people)
        show(
            "address",
            "name",
            "suspended",
            "status",
            rows=[
                (
                    user.address,
                    user.name,
                    local(found[user.id].since),
                    found[user.id].status or "-",
                )
                for user in people
            ],
            empty=f"No subscription to {short_name} is suspended.",
        )


@app.command("resume")
def resume(short_name: ShortName, addresses: Addresses) -> None:
    """Resume suspended subscriptions; bounces from before count no more."""
    with acting() as (session, done):
        mailing_list = lists.list_named(session, short_name)
        users = users_with(session, addresses)
        resumed = [
            end_suspension(session, user, mailing_list, actor=Actor.operator()) for user in users
        ]
        done(f"Resumed {counted(sum(resumed), 'subscription')} to {short_name}.")
