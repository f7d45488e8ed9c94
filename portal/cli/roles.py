"""`listgate role`."""

from typing import Annotated

import typer

from models import Actor, Right
from portal.cli.options import RoleName, acting, counted, show
from workflows.access import role_named
from workflows.people import roles as verbs
from workflows.people import users
from workflows.queries.role_overview import all_roles
from workflows.transaction import transaction

app = typer.Typer()
roles = typer.Typer(
    help="Roles as sets of rights: list, define, rename, delete.", no_args_is_help=True
)
app.add_typer(roles, name="role")


@roles.command("list")
def list_roles() -> None:
    """Show every role with its rights."""
    with transaction() as session:
        show(
            "role",
            "rights",
            rows=[
                (role.name, ", ".join(f"{Right(r).name} ({r})" for r in role.rights))
                for role in all_roles(session)
            ],
            empty="No roles yet: listgate role define NAME --right 601",
        )


@roles.command("define")
def define_role(
    name: RoleName,
    right: Annotated[list[int], typer.Option(help="A right's number; may be repeated.")],
) -> None:
    """Create a role, or give an existing one exactly these rights."""
    with acting() as (session, done):
        users.define_role(session, name, right, actor=Actor.operator())
        done(f"The role {name} has {counted(len(set(right)), 'right')}.")


@roles.command("rename")
def rename_role(
    name: RoleName,
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new name.")],
) -> None:
    """Give a role another name."""
    with acting() as (session, done):
        role = role_named(session, name)
        verbs.rename_role(session, role, new, actor=Actor.operator())
        done(f"The role {name} is now called {role.name}.")


@roles.command("delete")
def delete_role(name: RoleName) -> None:
    """Delete a role that no user has."""
    with acting() as (session, done):
        verbs.delete_role(session, role_named(session, name), actor=Actor.operator())
        done(f"The role {name} has been deleted.")
