"""The command line: `listgate`."""

import sys

import typer
from sqlalchemy.exc import OperationalError, ProgrammingError

from models import Refusal
from models.schema import UnknownRevision
from portal.cli import letters, lists, mail, messages, moderation, operations, people
from settings import settings
from workflows import logs

app = typer.Typer(
    name="listgate",
    help="Mail your lists without accidents.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for commands in (operations, people, lists, messages, moderation, mail):
    app.add_typer(commands.app)
app.add_typer(letters.app, name="letters")


def main() -> None:
    """Run one command; a refusal prints one sentence to stderr and exits with 1."""
    logs.configure("WARNING", settings.log_format)
    try:
        app()
    except (Refusal, UnknownRevision) as refusal:
        fail(str(refusal))
    except ProgrammingError:
        fail("The database does not have this version's tables. Run `listgate migrate`.")
    except OperationalError as failure:
        reason = str(failure.orig).strip().splitlines()[0]
        fail(f"The database does not answer ({reason}). Try `listgate doctor`.")


def fail(sentence: str) -> None:
    """Print why nothing was done, and exit with 1."""
    typer.secho(sentence, fg=typer.colors.RED, err=True)
    sys.exit(1)
