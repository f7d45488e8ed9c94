"""`listgate export`."""

from typing import Annotated

import typer

from models import Actor
from portal.cli.options import ShortName
from workflows.lists import lists
from workflows.subscriptions import export as exports
from workflows.transaction import transaction

app = typer.Typer()


@app.command("export")
def export(
    short_name: ShortName,
    output: Annotated[
        typer.FileBinaryWrite,
        typer.Option("--output", "-o", metavar="FILE", help="A file to write; stdout by default."),
    ] = "-",  # type: ignore[assignment]
) -> None:
    """Write the addresses of a list, one per line, sorted as in a push."""
    with transaction() as session:
        mailing_list = lists.list_named(session, short_name)
        exports.export(session, mailing_list, output, actor=Actor.operator())
    # typer creates the file at the first write; without this, an empty list leaves no file.
    output.flush()
