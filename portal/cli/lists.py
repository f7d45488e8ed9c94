"""`listgate list`, `approvers`, `sync`, and the commands about members."""

import typer

from portal.cli import exports, imports, subscriptions
from portal.cli.approvers import approvers
from portal.cli.mailing_lists import mailing_lists
from portal.cli.sync import sync

app = typer.Typer()
app.add_typer(mailing_lists, name="list")
app.add_typer(approvers, name="approvers")
app.add_typer(sync, name="sync")
for commands in (subscriptions, imports, exports):
    app.add_typer(commands.app)
