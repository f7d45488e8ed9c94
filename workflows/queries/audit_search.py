"""Search the audit trail: by person, list, message, door, act and time, newest first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, Door, MailingList, Message, Right, User
from models.ids import row_id
from workflows.access import find_user, require

# People or messages matched by one search term.
MAX_MATCHES = 100


@dataclass(frozen=True)
class Query:
    """The search terms; an entry has to match all that are given."""

    person: str = ""  # an address or part of a name, of the actor or of the user concerned
    list_id: int | None = None
    message: str = ""  # a number, or words of the subject
    door: Door | None = None
    act: Act | None = None
    since: datetime | None = None
    until: datetime | None = None  # exclusive


@dataclass(frozen=True)
class Names:
    """The names of users and lists that entries know by id."""

    people: Mapping[int, str] = field(default_factory=dict)
    lists: Mapping[int, str] = field(default_factory=dict)

    def of(self, entry: AuditEntry) -> dict[str, str]:
        """Return the names of the user and the list that the entry is about, if any."""
        found = {}
        user_id = (entry.detail or {}).get("user_id")
        if isinstance(user_id, int):
            found["user"] = self.people.get(user_id, f"#{user_id}")
        if entry.list_id is not None:
            found["list"] = self.lists.get(entry.list_id, f"#{entry.list_id}")
        return found


NO_NAMES = Names()


def require_reader(actor: Actor) -> None:
    """Raise Trespass unless the actor may read the trail.

    The trail shows what users did and when they logged in, so it takes the right to view users.
    """
    require(actor, Right.VIEW_USERS)


def search(
    session: Session, query: Query, *, before: int | None = None, limit: int
) -> Sequence[AuditEntry]:
    """Return at most `limit` entries, newest first; with `before`, only those with a smaller id."""
    found = select(AuditEntry).where(*conditions(session, query))
    if before is not None:
        found = found.where(AuditEntry.id < before)
    return session.scalars(found.order_by(AuditEntry.id.desc()).limit(limit)).all()


def search_in_batches(
    session: Session, query: Query, *, batch: int
) -> Iterator[Sequence[AuditEntry]]:
    """Yield all matching entries in batches; each batch is expunged from the session."""
    entries = search(session, query, limit=batch)
    while entries:
        yield entries
        last = entries[-1].id
        for entry in entries:
            session.expunge(entry)
        entries = search(session, query, before=last, limit=batch)


def names_in(session: Session, entries: Sequence[AuditEntry]) -> Names:
    """Return the names for these entries, in at most two statements."""
    people = {entry.about_id for entry in entries} - {None}
    lists = {entry.list_id for entry in entries} - {None}
    named = select(User.id, User.name).where(User.id.in_(people))
    called = select(MailingList.id, MailingList.short_name).where(MailingList.id.in_(lists))
    return Names(
        dict(session.execute(named).all()) if people else {},
        dict(session.execute(called).all()) if lists else {},
    )


def conditions(session: Session, query: Query) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that an entry has to meet."""
    if query.person:
        matches = matching_people(session, query.person)
        yield or_(AuditEntry.actor_id.in_(matches), AuditEntry.about_id.in_(matches))
    if query.message:
        yield AuditEntry.message_id.in_(matching_messages(session, query.message))
    if query.list_id is not None:
        yield AuditEntry.list_id == query.list_id
    if query.door is not None:
        yield AuditEntry.door == query.door
    if query.act is not None:
        yield AuditEntry.act == query.act
    if query.since is not None:
        yield AuditEntry.at >= query.since
    if query.until is not None:
        yield AuditEntry.at < query.until


def matching_people(session: Session, text: str) -> Sequence[int]:
    """Return the id of the user with this address, or of those with this text in their name."""
    if (user := find_user(session, text)) is not None:
        return [user.id]
    named = select(User.id).where(User.name.icontains(text, autoescape=True))
    return session.scalars(named.order_by(User.id).limit(MAX_MATCHES)).all()


def matching_messages(session: Session, text: str) -> Sequence[int]:
    """Return the id itself, or the newest messages with this text in their subject."""
    if text.isdecimal():
        return [number] if (number := row_id(text)) else []
    worded = select(Message.id).where(Message.subject.icontains(text, autoescape=True))
    return session.scalars(worded.order_by(Message.id.desc()).limit(MAX_MATCHES)).all()
