"""`listgate migrate` and `listgate doctor`."""

import typer
from psycopg2.errors import LockNotAvailable
from sqlalchemy.exc import OperationalError

from models import schema
from models.database import engine
from portal.cli.doctor import findings
from portal.cli.options import say

app = typer.Typer()

LOCKED = (
    "Another transaction has held a table that the migration changes for five seconds. Nothing was"
    " changed: run `listgate migrate` again."
)


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema; does nothing if it is already there."""
    try:
        with engine.begin() as connection:
            schema.upgrade(connection)
            there, needed = schema.revisions(connection)
    except schema.UnknownRevision as unknown:
        raise refused(str(unknown)) from None
    except OperationalError as failure:
        if not isinstance(failure.orig, LockNotAvailable):
            raise
        raise refused(LOCKED) from None
    newer = "" if there == needed else f", newer than this version's {needed}, which works with it"
    say(f"The schema is at revision {there}{newer}.")


def refused(sentence: str) -> typer.Exit:
    """Print why nothing was done; return the exit with code 1."""
    typer.secho(sentence, fg=typer.colors.RED, err=True)
    return typer.Exit(1)


@app.command()
def doctor() -> None:
    """Check everything that Listgate needs, and say how to fix what is wrong."""
    failed = 0
    for finding in findings():
        say(f"{'ok' if finding.ok else 'wrong':6} {finding.subject}: {finding.text}")
        if not finding.ok:
            failed += 1
            say(f"       {finding.fix}")
    if failed:
        raise typer.Exit(1)
