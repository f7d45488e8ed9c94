"""`listgate people`: a whole register of people at once."""

from collections.abc import Iterator
from typing import Annotated, BinaryIO

import typer

from models import Actor
from portal.cli.options import counted, say
from portal.cli.progress import activity_bar, reading_bar
from settings import settings
from workflows.people import register_sync
from workflows.people.register_sync import LOCAL_REGISTER, RegisterReport
from workflows.services import services
from workflows.subscriptions.parse import decoded_lines
from workflows.transaction import transaction

app = typer.Typer()
people = typer.Typer(help="A register of people: sync.", no_args_is_help=True)
app.add_typer(people, name="people")

MAX_SHOWN = 200  # lines that cannot be used; all are counted


@people.callback()
def group() -> None:
    """Let Typer keep `sync` as a command of a group."""


@people.command("sync")
def sync(
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(
            help="CSV with the columns external_id, address, name and, if known, language; "
            "- for stdin."
        ),
    ],
    service: Annotated[
        str, typer.Option(metavar="SERVICE", help="The service whose people these are.")
    ] = LOCAL_REGISTER,
    skip_refused: Annotated[
        bool, typer.Option("--skip-refused", help="Leave out the lines that cannot be used.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only report what would be changed.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Also disable more people than SYNC_MAX_SHRINK percent."),
    ] = False,
) -> None:
    """Add, change, disable and enable the people of a service, as its register says.

    A person whom the register lacks is disabled, and enabled once it has them again. Aborts on
    lines that cannot be used unless --skip-refused.
    """
    with transaction() as session:
        if service == LOCAL_REGISTER:
            owner = register_sync.local_register(session)
        else:
            owner = services.service_named(session, service)
        with reading_bar(file) as lines:
            report = register_sync.read_register(
                session, owner, with_ends(lines), actor=Actor.operator()
            )
        print_refused(report)
        print_sum(report)
        register_sync.require_applicable(
            report, max_shrink=settings.sync_max_shrink, skip_refused=skip_refused, confirm=yes
        )
        if dry_run:
            return
        with activity_bar("Changing people"):
            register_sync.apply_register(session, owner, report, actor=Actor.operator())
    say("Done.")


def with_ends(file: BinaryIO) -> Iterator[str]:
    """Yield the decoded lines with their ends, so that no quoted text runs over one unnoticed."""
    for line in decoded_lines(file):
        yield f"{line}\n"


def print_refused(report: RegisterReport) -> None:
    """Print the first lines that cannot be used."""
    for line, reason in report.refused[:MAX_SHOWN]:
        say(f"Line {line}: {reason}")
    if len(report.refused) > MAX_SHOWN:
        say(f"Only the first {MAX_SHOWN} of {len(report.refused)} such lines are shown.")


def print_sum(report: RegisterReport) -> None:
    """Print how many people are concerned, and how."""
    say(
        f"{counted(report.lines, 'line')}: {report.added} to add, {report.linked} known by their "
        f"address, {report.readdressed} with a new address, {report.edited} with a new name or "
        f"language, {report.disabled} of {report.before} missing, {report.enabled} back, "
        f"{len(report.refused)} refused."
    )
