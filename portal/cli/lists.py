"""`listgate list`, `listgate approvers`, `listgate subscribe` and `unsubscribe`."""

from typing import Annotated

import typer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Door, ListDelivery, ListKind, MailingList, Subscription
from portal.cli.options import ShortName, say, show
from workflows import lists, people, subscriptions
from workflows.transaction import transaction

app = typer.Typer()
mailing_lists = typer.Typer(help="Mailing lists: create, show, all.", no_args_is_help=True)
approvers = typer.Typer(help="Approver lists: create, set, assign.", no_args_is_help=True)
app.add_typer(mailing_lists, name="list")
app.add_typer(approvers, name="approvers")

ApproverListName = Annotated[str, typer.Argument(metavar="NAME", help="An approver list's name.")]
Addresses = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Users' addresses.")]


@mailing_lists.command("create")
def create_list(
    short_name: Annotated[str, typer.Argument(help="Its name on the list server: a-z 0-9 . _ -")],
    address: Annotated[str, typer.Argument(help="Its address.")],
    name: Annotated[str, typer.Argument(help="Its name for people.")],
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    kind: Annotated[ListKind, typer.Option(help="Who writes.")] = ListKind.ANNOUNCEMENT,
    delivery: Annotated[
        ListDelivery, typer.Option(help="To each member, or once to the list's address.")
    ] = ListDelivery.MEMBERS,
    four_eyes: Annotated[
        bool, typer.Option(help="An author never decides about the own message.")
    ] = True,
) -> None:
    """Create an empty list."""
    with transaction() as session:
        lists.create_list(
            session,
            short_name,
            address,
            name,
            description=description,
            kind=kind,
            delivery=delivery,
            four_eyes=four_eyes,
            by=None,
            via=Door.COMMAND_LINE,
        )
        say(f"The list {short_name} is there; nobody is on it yet.")


@mailing_lists.command("all")
def all_lists() -> None:
    """Show every list."""
    with transaction() as session:
        show(
            "list",
            "address",
            "name",
            "members",
            "approvers",
            rows=[
                (
                    one.short_name,
                    one.address,
                    one.name,
                    str(members(session, one)),
                    one.approver_list.name if one.approver_list else "-",
                )
                for one in session.scalars(select(MailingList).order_by(MailingList.short_name))
            ],
            empty="No lists yet: listgate list create SHORT-NAME ADDRESS NAME",
        )


@mailing_lists.command("show")
def show_list(short_name: ShortName) -> None:
    """Show one list: what it is for, who may answer, how it is sent."""
    with transaction() as session:
        one = lists.list_named(session, short_name)
        answer = ", ".join(u.name for u in one.approver_list.members) if one.approver_list else ""
        show(
            "",
            "",
            rows=[
                ("short name", one.short_name),
                ("address", one.address),
                ("name", one.name),
                ("description", one.description or "missing"),
                ("kind", one.kind),
                ("delivery", one.delivery),
                ("four eyes", "yes" if one.four_eyes else "no"),
                ("approver list", one.approver_list.name if one.approver_list else "none"),
                ("approvers", answer or "nobody"),
                ("members", str(members(session, one))),
            ],
            empty="",
        )


@approvers.command("create")
def create_approvers(name: ApproverListName, addresses: Addresses) -> None:
    """Create an approver list."""
    with transaction() as session:
        users = [people.user_with_address(session, address) for address in addresses]
        lists.create_approver_list(session, name, users, by=None, via=Door.COMMAND_LINE)
        say(f"The approver list {name} has {len(set(users))} members.")


@approvers.command("set")
def set_approvers(name: ApproverListName, addresses: Addresses) -> None:
    """Make exactly these people the approvers; it counts for open requests too."""
    with transaction() as session:
        users = [people.user_with_address(session, address) for address in addresses]
        approver_list = lists.approver_list_named(session, name)
        lists.set_approvers(session, approver_list, users, by=None, via=Door.COMMAND_LINE)
        say(f"The approver list {name} has {len(set(users))} members.")


@approvers.command("assign")
def assign_approvers(name: ApproverListName, short_name: ShortName) -> None:
    """Have an approver list answer for a mailing list."""
    with transaction() as session:
        lists.assign_approvers(
            session,
            lists.list_named(session, short_name),
            lists.approver_list_named(session, name),
            by=None,
            via=Door.COMMAND_LINE,
        )
        say(f"{name} now answers for the list {short_name}.")


@app.command()
def subscribe(short_name: ShortName, addresses: Addresses) -> None:
    """Put people on a list."""
    with transaction() as session:
        mailing_list = lists.list_named(session, short_name)
        for user in [people.user_with_address(session, address) for address in addresses]:
            subscriptions.subscribe(session, user, mailing_list, by=None, via=Door.COMMAND_LINE)
        say(f"The list {short_name} has {members(session, mailing_list)} members.")


@app.command()
def unsubscribe(short_name: ShortName, addresses: Addresses) -> None:
    """Take people off a list."""
    with transaction() as session:
        mailing_list = lists.list_named(session, short_name)
        for user in [people.user_with_address(session, address) for address in addresses]:
            subscriptions.unsubscribe(session, user, mailing_list, by=None, via=Door.COMMAND_LINE)
        say(f"The list {short_name} has {members(session, mailing_list)} members.")


def members(session: Session, mailing_list: MailingList) -> int:
    """How many people are on the list."""
    count = select(func.count()).where(Subscription.list_id == mailing_list.id)
    return session.scalar(count) or 0
