"""`listgate user` and `listgate role`."""

import typer

from portal.cli.contacts import address, contact
from portal.cli.roles import roles
from portal.cli.users import users

app = typer.Typer(help="Users and roles.", no_args_is_help=True)
users.command("contact")(contact)
users.command("address")(address)
app.add_typer(users, name="user")
app.add_typer(roles, name="role")
