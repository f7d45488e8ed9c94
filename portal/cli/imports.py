"""`listgate import-mailing-list`."""

from typing import Annotated

import typer

from models import Actor, MailingList
from portal.cli.options import counted, say
from portal.cli.progress import reading, working
from workflows.lists import lists
from workflows.subscriptions import imports
from workflows.subscriptions.imports import Imported, Report
from workflows.transaction import transaction

app = typer.Typer()


@app.command("import-mailing-list")
@app.command("import_mailling_list", hidden=True)  # so it is called in the source system
def import_mailing_list(
    address: Annotated[str, typer.Argument(help="The list's address.")],
    name: Annotated[str, typer.Argument(help="Its name for people, if it is new.")],
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(help="An address, or a name and an <address>, per line; - is a pipe."),
    ],
    short_name: Annotated[
        str, typer.Option(help="Its short name, if it is new; else the address up to the @.")
    ] = "",
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Go on without the lines that name nobody.")
    ] = False,
    create_users: Annotated[
        bool, typer.Option("--create-users", help="Add the people who are unknown.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be imported.")
    ] = False,
) -> None:
    """Put everybody on a list whose address stands in a file; a new list is created.

    By default one line that names nobody stops it all.
    """
    choice = {"skip_unknown": skip_unknown, "create_users": create_users}
    with transaction() as session:
        there = lists.find_list(session, address)
        with reading(file) as lines:
            report = imports.check(session, lines, there, actor=Actor.operator())
        tell(report)
        imports.require_usable(report, **choice)
        if dry_run:
            return
        with working("Joining"):
            short_name = short_name or address.partition("@")[0].lower()
            mailing_list = imports.list_for(
                session, short_name, address, name, actor=Actor.operator()
            )
            imported = imports.import_checked(
                session, mailing_list, report, **choice, actor=Actor.operator()
            )
    tell_what_was_done(mailing_list, imported)


def tell(report: Report) -> None:
    """Say which lines cannot be used, and how many there are of each sort."""
    wrong = [(line, f"Nobody has the address {address}.") for line, address, _ in report.unknown]
    for line, reason in sorted([*wrong, *report.malformed]):
        say(f"Line {line}: {reason}")
    say(
        f"{counted(report.lines, 'line')}: {counted(report.known, 'person', 'people')} "
        f"({report.on_list} on the list already), "
        f"{len(report.unknown)} unknown, {len(report.malformed)} malformed, "
        f"{report.duplicates} repeated, {report.blank} blank, {report.comments} comments."
    )


def tell_what_was_done(mailing_list: MailingList, imported: Imported) -> None:
    """Say who is new, and what the list still lacks."""
    new = f", {imported.created} of them new here" if imported.created else ""
    people = counted(imported.joined, "person has", "people have")
    say(f"{people} joined the list {mailing_list}{new}.")
    if not mailing_list.description:
        say("Its description is still missing.")
