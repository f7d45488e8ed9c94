"""`listgate import-mailing-list`."""

from typing import Annotated

import typer

from models import Actor, MailingList
from portal.cli.options import counted, say
from portal.cli.progress import activity_bar, reading_bar
from settings import settings
from workflows.lists import lists
from workflows.subscriptions import imports
from workflows.subscriptions.imports import Imported, Report
from workflows.transaction import transaction

app = typer.Typer()

MAX_SHOWN = 200  # unusable lines shown; all are counted


@app.command("import-mailing-list")
@app.command("import_mailling_list", hidden=True)  # so it is called in the source system
def import_mailing_list(
    address: Annotated[str, typer.Argument(help="The list's address.")],
    name: Annotated[str, typer.Argument(help="Its display name, if it is new.")],
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(help="An address, or a name and an <address>, per line; - for stdin."),
    ],
    short_name: Annotated[
        str, typer.Option(help="Its short name, if it is new; by default, the address up to the @.")
    ] = "",
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Skip unknown and malformed addresses.")
    ] = False,
    create_users: Annotated[
        bool, typer.Option("--create-users", help="Create a user for each unknown address.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only report what would be imported.")
    ] = False,
) -> None:
    """Subscribe every address in FILE to the list, creating it if needed.

    Aborts on unknown addresses unless --skip-unknown or --create-users.
    """
    choice = {"skip_unknown": skip_unknown, "create_users": create_users}
    with transaction() as session:
        there = lists.find_list(session, address)
        with reading_bar(file) as lines:
            report = imports.check(session, lines, there, actor=Actor.operator())
        print_lines(report, create_users=create_users)
        print_sum(report)
        imports.require_usable(report, **choice)
        if dry_run:
            return
        with activity_bar("Subscribing"):
            short_name = short_name or address.partition("@")[0].lower()
            mailing_list = imports.list_for(
                session,
                short_name,
                address,
                name,
                max_open_requests=settings.max_open_requests,
                actor=Actor.operator(),
            )
            imported = imports.import_checked(
                session, mailing_list, report, **choice, actor=Actor.operator()
            )
    print_result(mailing_list, imported)


def print_lines(report: Report, *, create_users: bool) -> None:
    """Print the first unusable lines; an unknown address is none where users are created."""
    unknown = [] if create_users else report.unknown
    wrong = [(line, f"Unknown address {address}.") for line, address, _ in unknown]
    wrong = sorted([*wrong, *report.malformed])
    for line, reason in wrong[:MAX_SHOWN]:
        say(f"Line {line}: {reason}")
    if len(wrong) > MAX_SHOWN:
        say(f"Only the first {MAX_SHOWN} of {len(wrong)} such lines are shown.")


def print_sum(report: Report) -> None:
    """Print the number of lines of each kind."""
    say(
        f"{counted(report.lines, 'line')}: {counted(report.known, 'person', 'people')} "
        f"({report.on_list} already on the list), "
        f"{len(report.unknown)} unknown, {len(report.malformed)} malformed, "
        f"{report.duplicates} repeated, {report.blank} blank, {report.comments} comments."
    )


def print_result(mailing_list: MailingList, imported: Imported) -> None:
    """Print how many joined, and whether the description is missing."""
    new = f", {imported.created} of them new users" if imported.created else ""
    people = counted(imported.joined, "person has", "people have")
    say(f"{people} joined the list {mailing_list}{new}.")
    if not mailing_list.description:
        say("The list has no description yet.")
