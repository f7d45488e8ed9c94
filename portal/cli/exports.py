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
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to; the screen or a pipe by default."
        ),
    ] = "-",  # type: ignore[assignment]
) -> None:
    """Write who is on a list, one address per line, sorted as in a push."""
    with transaction() as session:
        mailing_list = lists.list_named(session, short_name)
        exports.export(session, mailing_list, output, actor=Actor.operator())
    # A file is opened with the first word; of an empty list it would not even be there.
    output.flush()
