"""`listgate migrate` and `listgate doctor`."""

import typer

from models import schema
from models.database import engine
from portal.cli.options import console
from portal.health import findings

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema; running it twice is running it once."""
    with engine.begin() as connection:
        schema.upgrade(connection)
        console.print(f"The schema is at revision {schema.revisions(connection)[0]}.")


@app.command()
def doctor() -> None:
    """Check everything Listgate needs, and say how to mend what is wrong."""
    ill = 0
    for finding in findings():
        sign = "[green]ok[/]    " if finding.well else "[red]wrong[/] "
        console.print(f"{sign} {finding.subject}: {finding.says}", highlight=False)
        if not finding.well:
            ill += 1
            console.print(f"       {finding.mend}", highlight=False)
    if ill:
        raise typer.Exit(1)
