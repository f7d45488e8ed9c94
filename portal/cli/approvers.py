"""`listgate approvers`."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from models import Actor, MailingList
from portal.cli.absences import absences_text
from portal.cli.options import Addresses, ShortName, acting, counted, show
from portal.cli.subscriptions import users_with
from portal.wording.warning_sentences import warning_text
from workflows import access
from workflows.lists import lists
from workflows.lists.approver_lists import (
    add_approver,
    delete_approver_list,
    lists_using,
    remove_approver,
)
from workflows.lists.checks import approver_warnings
from workflows.queries.approver_list_overview import approver_lists_with_members, use_counts
from workflows.transaction import transaction

app = typer.Typer()
approvers = typer.Typer(
    help="Approver lists: list, show, create, set, add, remove, assign, unassign, delete.",
    no_args_is_help=True,
)
app.add_typer(approvers, name="approvers")

ApproverListName = Annotated[str, typer.Argument(metavar="NAME", help="An approver list's name.")]


@approvers.command("list")
def list_approvers() -> None:
    """Show every approver list, its approvers, and how many mailing lists use it."""
    with transaction() as session:
        every = session.scalars(approver_lists_with_members()).all()
        used = use_counts(session, every)
        show(
            "approver list",
            "used by",
            "approvers",
            rows=[
                (one.name, str(used[one.id]), ", ".join(user.name for user in one.members) or "-")
                for one in every
            ],
            empty="No approver lists yet: listgate approvers create NAME ADDRESS...",
        )


@approvers.command("create")
def create_approvers(name: ApproverListName, addresses: Addresses) -> None:
    """Create an approver list."""
    with acting() as (session, done):
        users = [access.user_with_address(session, address) for address in addresses]
        lists.create_approver_list(session, name, users, actor=Actor.operator())
        done(f"The approver list {name} has {counted(len(set(users)), 'member')}.")


@approvers.command("set")
def set_approvers(name: ApproverListName, addresses: Addresses) -> None:
    """Make exactly these people the approvers, of open requests too."""
    with acting() as (session, done):
        users = [access.user_with_address(session, address) for address in addresses]
        approver_list = lists.approver_list_named(session, name)
        lists.set_approvers(session, approver_list, users, actor=Actor.operator())
        done(f"The approver list {name} has {counted(len(set(users)), 'member')}.")
        warn(session, lists_using(session, approver_list), done)


@approvers.command("unassign")
def unassign_approvers(
    short_name: ShortName,
    escalation: Annotated[
        bool, typer.Option("--escalation", help="The escalation list instead.")
    ] = False,
) -> None:
    """Leave a mailing list without its approver list."""
    with acting() as (session, done):
        mailing_list = lists.list_named(session, short_name)
        lists.assign_approvers(
            session, mailing_list, None, escalation=escalation, actor=Actor.operator()
        )
        kind = "escalation list" if escalation else "approver list"
        done(f"The list {short_name} has no {kind} now.")


@approvers.command("add")
def add_approvers(name: ApproverListName, addresses: Addresses) -> None:
    """Add approvers, who may answer open requests, too."""
    with acting() as (session, done):
        approver_list = lists.approver_list_named(session, name)
        for user in users_with(session, addresses):
            add_approver(session, approver_list, user, actor=Actor.operator())
        done(f"The approver list {name} has {counted(len(approver_list.members), 'member')}.")
        warn(session, lists_using(session, approver_list), done)


@approvers.command("remove")
def remove_approvers(name: ApproverListName, addresses: Addresses) -> None:
    """Remove approvers, who can no longer answer open requests either."""
    with acting() as (session, done):
        approver_list = lists.approver_list_named(session, name)
        for user in users_with(session, addresses):
            remove_approver(session, approver_list, user, actor=Actor.operator())
        done(f"The approver list {name} has {counted(len(approver_list.members), 'member')}.")


@approvers.command("delete")
def delete_approvers(name: ApproverListName) -> None:
    """Delete an approver list that no mailing list uses."""
    with acting() as (session, done):
        approver_list = lists.approver_list_named(session, name)
        delete_approver_list(session, approver_list, actor=Actor.operator())
        done(f"The approver list {name} has been deleted.")


@approvers.command("assign")
def assign_approvers(
    name: ApproverListName,
    short_name: ShortName,
    escalation: Annotated[
        bool, typer.Option("--escalation", help="Ask them only if nobody answers in time.")
    ] = False,
) -> None:
    """Make an approver list answer for a mailing list."""
    with acting() as (session, done):
        lists.assign_approvers(
            session,
            lists.list_named(session, short_name),
            lists.approver_list_named(session, name),
            escalation=escalation,
            actor=Actor.operator(),
        )
        done(f"{name} now answers for the list {short_name}.")
        warn(session, [lists.list_named(session, short_name)], done)


@approvers.command("show")
def show_approvers(name: ApproverListName) -> None:
    """Show who is on an approver list, and who is away."""
    with transaction() as session:
        members = lists.approver_list_named(session, name).members
        show(
            "address",
            "name",
            "",
            rows=[
                (
                    user.address,
                    user.name,
                    "disabled" if user.disabled_at else absences_text(session, user),
                )
                for user in members
            ],
            empty=f"The approver list {name} is empty.",
        )


def warn(
    session: Session, mailing_lists: Sequence[MailingList], done: Callable[[str], None]
) -> None:
    """Print what is probably wrong with the approvers of these lists."""
    for one, warned in approver_warnings(session, mailing_lists):
        done(f"{one.short_name}: {warning_text(warned)}")
