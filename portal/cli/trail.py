"""`listgate trail`."""

from typing import Annotated

import typer

from models import Act, Door
from models.ids import MAX_ID
from portal.cli.options import local, show
from portal.wording.audit_sentences import sentence
from workflows.lists import lists
from workflows.queries.audit_search import Query, names_in, search
from workflows.transaction import transaction

app = typer.Typer()


@app.command("trail")
def trail(
    person: Annotated[
        str, typer.Option(metavar="WORDS", help="By or about them: an address or part of a name.")
    ] = "",
    message: Annotated[
        str, typer.Option(metavar="WORDS", help="A message's number, or words of its subject.")
    ] = "",
    short_name: Annotated[
        str | None, typer.Option("--list", metavar="LIST", help="Only of this list.")
    ] = None,
    act: Annotated[Act | None, typer.Option(metavar="ACT", help="Only one kind of act.")] = None,
    door: Annotated[Door | None, typer.Option(help="How the act came in.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_ID, help="How many to show.")] = 50,
) -> None:
    """Search the audit trail, newest first."""
    with transaction() as session:
        list_id = lists.list_named(session, short_name).id if short_name else None
        query = Query(person=person, message=message, list_id=list_id, door=door, act=act)
        entries = search(session, query, limit=limit)
        names = names_in(session, entries)
        show(
            "when",
            "door",
            "act",
            "what",
            rows=[
                (
                    local(entry.at),
                    entry.door.replace("_", " "),
                    entry.act,
                    sentence(entry, names=names),
                )
                for entry in entries
            ],
            empty="Nothing was found.",
        )
