"""`listgate migrate` and `listgate doctor`."""

import typer

from models import schema
from models.database import engine
from portal.cli.doctor import findings
from portal.cli.options import say

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema; running it twice is running it once."""
    with engine.begin() as connection:
        schema.upgrade(connection)
        revision = schema.revisions(connection)[0]
    say(f"The schema is at revision {revision}.")


@app.command()
def doctor() -> None:
    """Check everything Listgate needs, and say how to mend what is wrong."""
    ill = 0
    for finding in findings():
        say(f"{'ok' if finding.well else 'wrong':6} {finding.subject}: {finding.says}")
        if not finding.well:
            ill += 1
            say(f"       {finding.mend}")
    if ill:
        raise typer.Exit(1)
