"""`listgate user`."""

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from models import Actor, Grant, User
from portal.cli.contacts import address, contact
from portal.cli.options import Address, RoleName, acting, counted, plain, show
from workflows import access
from workflows.lists import lists
from workflows.lists.list_sets import list_set_named
from workflows.people import roles as people_roles
from workflows.people import users as people
from workflows.people.credentials import turn_off_codes
from workflows.people.removal import remove_user
from workflows.queries.user_search import all_users
from workflows.transaction import transaction

On = Annotated[str, typer.Option("--on", metavar="LIST", help="Only on the list of this name.")]
OnSet = Annotated[
    str, typer.Option("--on-set", metavar="SET", help="Only on the lists of this set.")
]

app = typer.Typer()
users = typer.Typer(
    help="Users: add, list, grant, revoke, contact, address, disable, enable, codes-off, remove.",
    no_args_is_help=True,
)
app.add_typer(users, name="user")
users.command("contact")(contact)
users.command("address")(address)


@users.command("add")
def add_user(
    address: Address,
    name: Annotated[str, typer.Argument(help="The person's name.")],
    role: Annotated[list[str], typer.Option(help="A role to grant; may be repeated.")] = [],  # noqa: B006
    *,
    admin: Annotated[bool, typer.Option(help="Grant the role administrator.")] = False,
) -> None:
    """Add a person, who logs in to the portal through a mailed link."""
    roles = [*role, *(["administrator"] if admin else [])]
    with acting() as (session, done):
        user = people.add_user(session, address, name, roles=roles, actor=Actor.operator())
        done(f"User {user.id}: {user.name}")


@users.command("list")
def list_users() -> None:
    """Show all users with their roles."""
    with transaction() as session:
        show(
            "id",
            "address",
            "name",
            "roles",
            "",
            rows=[
                (
                    str(user.id),
                    user.address,
                    user.name,
                    roles_text(user),
                    "disabled" if user.disabled_at else "",
                )
                for user in all_users(session)
            ],
            empty="No users yet: listgate user add ADDRESS NAME",
        )


def roles_text(user: User) -> str:
    """Return the person's roles, each with the list or set that it is granted on."""
    return ", ".join(role_text(grant) for grant in user.grants)


def role_text(grant: Grant) -> str:
    """Return the name of the role and where it is granted: owner (on announce)."""
    if grant.is_everywhere:
        return grant.role.name
    place = f"the set {grant.set_name}" if grant.set_name else grant.list_name
    return f"{grant.role.name} (on {place})"


@users.command("grant")
def grant(address: Address, role: RoleName, on: On = "", on_set: OnSet = "") -> None:
    """Grant a role to a person: everywhere, or on a list or a set of lists."""
    with acting() as (session, done):
        user, place = access.user_with_address(session, address), chosen_place(session, on, on_set)
        people.grant(session, user, role, on=place, actor=Actor.operator())
        done(f"{user.name} is now {roles_text(user)}.")


@users.command("revoke")
def revoke(address: Address, role: RoleName, on: On = "", on_set: OnSet = "") -> None:
    """Take a role from a person that is granted everywhere, or on this list or set."""
    with acting() as (session, done):
        user, place = access.user_with_address(session, address), chosen_place(session, on, on_set)
        people_roles.revoke(session, user, role, on=place, actor=Actor.operator())
        done(f"{user.name} is now {roles_text(user) or 'without a role'}.")


def chosen_place(session: Session, on: str, on_set: str) -> people.Place:
    """Return the list or the set of the options; raises Unknown."""
    if on and on_set:
        raise typer.BadParameter("a grant is on one list or on one set", param_hint="--on-set")
    if on:
        return lists.list_named(session, on)
    return list_set_named(session, on_set) if on_set else None


@users.command("disable")
def disable(address: Address) -> None:
    """Disable a person, who can no longer log in and gets no messages."""
    with acting() as (session, done):
        user = access.user_with_address(session, address)
        people.disable(session, user, actor=Actor.operator())
        done(f"{user.name} is disabled.")


@users.command("enable")
def enable(address: Address) -> None:
    """Enable a disabled person."""
    with acting() as (session, done):
        user = access.user_with_address(session, address)
        people.enable(session, user, actor=Actor.operator())
        done(f"{user.name} is enabled.")


@users.command("codes-off")
def turn_codes_off(address: Address) -> None:
    """Let a person log in without a code, for example after SECRET_KEY was changed."""
    with acting() as (session, done):
        user = access.user_with_address(session, address)
        turn_off_codes(session, user, actor=Actor.operator())
        done(f"{user.name} logs in without a code.")


@users.command("remove")
def remove(
    address: Address,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Remove a person from every list and delete all data but the name; cannot be undone."""
    with acting() as (session, done):
        user = access.user_with_address(session, address)
        if not yes:
            typer.confirm(f"Remove {plain(user.name)} for good?", abort=True)
        left = remove_user(session, user, actor=Actor.operator())
        assert left is not None, "a removed user has no address to be found by"
        done(
            f"{user.name} is removed: off {counted(left.lists, 'list')} and "
            f"{counted(left.approver_lists, 'approver list')}; address, telephone number and roles "
            "are deleted."
        )
