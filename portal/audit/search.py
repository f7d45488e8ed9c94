"""The audit trail: search it page by page, or download the result as CSV."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any, TypeVar

from flask import Blueprint, Response, g, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from models import Act, AuditEntry, Door, Invalid, Language
from models.ids import row_id
from portal.web.csv import line
from portal.web.i18n import page_language
from portal.web.paging import ROWS
from portal.web.sign_in import current_actor, signed_in
from portal.web.templating import page_zone
from portal.web.unit_of_work import unit_of_work
from portal.wording.audit_sentences import door_words, label, sentence
from workflows.queries.audit_search import (
    Names,
    Query,
    names_in,
    require_reader,
    search,
    search_in_batches,
)
from workflows.queries.list_search import short_names

pages = Blueprint("trail", __name__)

Value = TypeVar("Value")

BATCH = 1000  # entries read at a time for the CSV: some hundred kilobytes

FIELDS = ("person", "message", "list", "door", "act", "since", "until")
COLUMNS = ("number", "at", "door", "person", "act", "sentence", "message", "list", "service")


@pages.get("/trail")
@signed_in
def show() -> ResponseReturnValue:
    """Show the newest matching entries, or those below the id in `?before=`."""
    require_reader(current_actor())
    entries = search(g.session, typed_query(), before=field("before", id_of_row), limit=ROWS + 1)
    return render_template(
        "trail/trail.html",
        rows=rows_of(entries[:ROWS]),
        older=entries[ROWS - 1].id if len(entries) > ROWS else None,
        # For the form, and for the links to older entries and to the CSV.
        query={name: one for name in FIELDS if (one := request.args.get(name))},
        **choices(),
    )


@pages.get("/trail.csv")
@signed_in
def export() -> ResponseReturnValue:
    """Stream all matching entries as CSV, newest first."""
    require_reader(current_actor())
    lines = stream_with_context(csv_lines(typed_query(), page_language()))
    return Response(
        lines,
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=listgate-trail.csv"},
    )


def csv_lines(query: Query, language: Language) -> Iterator[str]:
    """Yield the lines, in a transaction of their own: the request's has ended by then."""
    yield line(COLUMNS)
    with unit_of_work(read_only=True) as session:
        for entries in search_in_batches(session, query, batch=BATCH):
            known = names_in(session, entries)
            for entry in entries:
                yield line(cells(entry, language, known))


def cells(entry: AuditEntry, language: Language, known: Names) -> tuple[Any, ...]:
    """Return the cells of one CSV line; times in ISO 8601."""
    return (
        entry.id,
        entry.at.isoformat(),
        entry.door.value,
        entry.actor,
        entry.act,
        sentence(entry, language, known),
        entry.message_id,
        known.lists.get(entry.list_id) if entry.list_id else None,
        entry.service,
    )


def rows_of(entries: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    """Return the rows of the table, in the reader's language."""
    language, known = page_language(), names_in(g.session, entries)
    return [
        {
            "at": entry.at,
            "door": door_words(entry.door, language),
            "words": sentence(entry, language, known),
            "message_id": entry.message_id,
            "list_id": entry.list_id,
            "list": known.lists.get(entry.list_id) if entry.list_id else None,
        }
        for entry in entries
    ]


def choices() -> dict[str, Any]:
    """Return the choices of the form."""
    language = page_language()
    acts = [(act.value, label(act, language)) for act in Act]
    return {
        "lists": [(str(list_id), name) for list_id, name in short_names(g.session)],
        "doors": [(door.value, door_words(door, language)) for door in Door],
        "acts": sorted(acts, key=lambda act: act[1]),
    }


def typed_query() -> Query:
    """Return the search from the query string; raises Invalid."""
    return Query(
        person=field("person", text) or "",
        list_id=field("list", id_of_row),
        message=field("message", text) or "",
        door=field("door", Door),
        act=field("act", Act),
        since=field("since", midnight),
        until=field("until", next_midnight),
    )


def field(name: str, kind: Callable[[str], Value]) -> Value | None:
    """Parse one field of the query string; None if it is empty, raises Invalid."""
    typed = request.args.get(name, "").strip()
    if not typed:
        return None
    try:
        return kind(typed)
    except (OverflowError, ValueError):
        raise Invalid("This search field is not valid: %(field)s.", field=name) from None


def text(typed: str) -> str:
    """Return the text; ValueError for NUL, which PostgreSQL does not store."""
    if "\0" in typed:
        raise ValueError
    return typed


def id_of_row(typed: str) -> int:
    """Parse a row's id; ValueError if it is not one."""
    if (number := row_id(typed)) is None:
        raise ValueError
    return number


def midnight(typed: str) -> datetime:
    """Return the start of a day in the reader's zone; ValueError if it is not a day."""
    day = datetime.strptime(typed, "%Y-%m-%d").date()  # noqa: DTZ007 (a day has no zone)
    return datetime.combine(day, time(), page_zone())


def next_midnight(typed: str) -> datetime:
    """Return the end of a day in the reader's zone."""
    return midnight(typed) + timedelta(days=1)
