"""`listgate role`."""

from typing import Annotated

import typer

from models import Actor, Right
from portal.cli.options import RoleName, acting, counted, show
from workflows.people import users
from workflows.queries.role_overview import all_roles
from workflows.transaction import transaction

app = typer.Typer()
roles = typer.Typer(help="Roles: named sets of rights.", no_args_is_help=True)
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
