"""`listgate user`."""

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from models import Actor, Grant, User
from portal.cli.absences import absences_text, away, back
from portal.cli.contacts import address, contact
from portal.cli.options import Address, RoleName, Yes, acting, counted, local, plain, show
from workflows import access
from workflows.lists import lists
from workflows.lists.list_sets import list_set_named
from workflows.people import roles as people_roles
from workflows.people import users as people
from workflows.people.account_links import invite
from workflows.people.credentials import turn_off_codes
from workflows.people.removal import remove_user
from workflows.queries.suspensions import suspended_lists
from workflows.queries.user_lists import approver_lists_of, lists_of
from workflows.queries.user_search import all_users
from workflows.transaction import transaction

On = Annotated[str, typer.Option("--on", metavar="LIST", help="Only on the list of this name.")]
OnSet = Annotated[
    str, typer.Option("--on-set", metavar="SET", help="Only on the lists of this set.")
]

app = typer.Typer()
users = typer.Typer(
    help="Users: add, invite, list, show, grant, revoke, contact, address, away, back, disable, "
    "enable, codes-off, remove.",
    no_args_is_help=True,
)
app.add_typer(users, name="user")
users.command("contact")(contact)
users.command("address")(address)
users.command("away")(away)
users.command("back")(back)


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


@users.command("invite")
def invite_user(address: Address) -> None:
    """Mail a person a link to choose a password; may be repeated."""
    with acting() as (session, done):
        user = access.user_with_address(session, address)
        invite(session, user, actor=Actor.operator())
        done(f"{user.name} will get an invitation.")


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


@users.command("show")
def show_user(address: Address) -> None:
    """Show a person: contact, roles, lists and approver lists."""
    with transaction() as session:
        user = access.user_with_address(session, address)
        suspended = suspended_lists(session, user)
        on = [
            f"{one.short_name} (suspended)" if one.id in suspended else one.short_name
            for one in lists_of(session, user)
        ]
        show(
            "",
            "",
            rows=[
                ("id", str(user.id)),
                ("name", user.name),
                ("address", user.address),
                ("telephone", user.phone or "none"),
                ("notified by", user.preference),
                ("language", user.language),
                ("time zone", user.time_zone or "the organisation's"),
                ("roles", roles_text(user) or "none"),
                ("lists", ", ".join(on) or "none"),
                ("approver lists", approving(session, user) or "none"),
                ("absences", absences_text(session, user) or "none"),
                ("disabled", local(user.disabled_at) if user.disabled_at else "no"),
            ],
            empty="",
        )


def approving(session: Session, user: User) -> str:
    """Return the names of the approver lists that the person is on."""
    return ", ".join(one.name for one in approver_lists_of(session, user))


@users.command("grant")
def grant(address: Address, role: RoleName, on: On = "", on_set: OnSet = "") -> None:
    """Grant a role to a person: everywhere, or on a list or a set of lists.

    On a list, rights about people and about approver lists themselves have no effect.
    """
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
    yes: Yes = False,
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
