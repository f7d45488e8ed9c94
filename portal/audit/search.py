"""The audit trail for administrators: search it page by page, or take it along as CSV."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any, TypeVar

from flask import Blueprint, Response, g, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from models import Act, AuditEntry, Door, Invalid, Language, MailingList
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
    everything,
    names,
    require_reader,
    search,
)

pages = Blueprint("trail", __name__)

Value = TypeVar("Value")

# Names are looked up for so many entries at once; some hundred kilobytes of memory.
BATCH = 1000

FIELDS = ("person", "message", "list", "door", "act", "since", "until")
COLUMNS = ("number", "at", "door", "person", "act", "sentence", "message", "list")


@pages.get("/trail")
@signed_in
def show() -> ResponseReturnValue:
    """The newest entries that answer the question, or those before a number."""
    require_reader(current_actor())
    found = search(g.session, asked(), before=given("before", id_of_row), limit=ROWS + 1)
    return render_template(
        "trail/trail.html",
        rows=told(found[:ROWS]),
        older=found[ROWS - 1].id if len(found) > ROWS else None,
        # For the form, and the links to older entries and to the file.
        question={name: one for name in FIELDS if (one := request.args.get(name))},
        **choices(),
    )


@pages.get("/trail.csv")
@signed_in
def export() -> ResponseReturnValue:
    """Everything that answers the question, newest first, as it is read from the database."""
    require_reader(current_actor())
    lines = stream_with_context(csv_lines(asked(), page_language()))
    return Response(
        lines,
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=listgate-trail.csv"},
    )


def csv_lines(question: Query, language: Language) -> Iterator[str]:
    """The file, line by line; the request's own transaction is over when the first one leaves."""
    yield line(COLUMNS)
    with unit_of_work(read_only=True) as session:
        for entries in everything(session, question, batch=BATCH):
            known = names(session, entries)
            for entry in entries:
                yield line(cells(entry, language, known))


def cells(entry: AuditEntry, language: Language, known: Names) -> tuple[Any, ...]:
    """One line of the file; instants as machines read them (ISO 8601)."""
    return (
        entry.id,
        entry.at.isoformat(),
        entry.door.value,
        entry.actor,
        entry.act,
        sentence(entry, language, known),
        entry.message_id,
        known.lists.get(entry.list_id) if entry.list_id else None,
    )


def told(entries: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    """The entries in words."""
    language, known = page_language(), names(g.session, entries)
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
    """What the form offers."""
    language = page_language()
    lists = select(MailingList.id, MailingList.short_name).order_by(MailingList.short_name)
    acts = [(act.value, label(act, language)) for act in Act]
    return {
        "lists": [(str(one), name) for one, name in g.session.execute(lists)],
        "doors": [(door.value, door_words(door, language)) for door in Door],
        "acts": sorted(acts, key=lambda act: act[1]),
    }


def asked() -> Query:
    """What the address asks for; raises Invalid for what cannot be meant."""
    return Query(
        person=given("person", text) or "",
        list_id=given("list", id_of_row),
        message=given("message", text) or "",
        door=given("door", Door),
        act=given("act", Act),
        since=given("since", midnight),
        until=given("until", next_midnight),
    )


def given(name: str, kind: Callable[[str], Value]) -> Value | None:
    """One field of the address as what it stands for, None if it is empty."""
    typed = request.args.get(name, "").strip()
    if not typed:
        return None
    try:
        return kind(typed)
    except (OverflowError, ValueError):
        raise Invalid("This search field is not valid: %(field)s.", field=name) from None


def text(typed: str) -> str:
    """Words; ValueError for what PostgreSQL does not take as text."""
    if "\0" in typed:
        raise ValueError
    return typed


def id_of_row(typed: str) -> int:
    """A row's id; ValueError for what is none."""
    if (number := row_id(typed)) is None:
        raise ValueError
    return number


def midnight(typed: str) -> datetime:
    """When this day begins for the reader; ValueError for what is no day."""
    day = datetime.strptime(typed, "%Y-%m-%d").date()  # noqa: DTZ007 (a day has no zone)
    return datetime.combine(day, time(), page_zone())


def next_midnight(typed: str) -> datetime:
    """When this day ends for the reader."""
    return midnight(typed) + timedelta(days=1)
