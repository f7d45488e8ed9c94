"""`listgate approvers`."""

from typing import Annotated

import typer

from models import Actor
from portal.cli.options import Addresses, ShortName, acting, counted
from workflows import access
from workflows.lists import lists

app = typer.Typer()
approvers = typer.Typer(help="Approver lists: create, set, assign.", no_args_is_help=True)
app.add_typer(approvers, name="approvers")

ApproverListName = Annotated[str, typer.Argument(metavar="NAME", help="An approver list's name.")]


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
