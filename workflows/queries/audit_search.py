"""Search the audit trail: by person, list, message, door, act and time, newest first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, Door, MailingList, Message, Right, User
from workflows.access import find_user, require

# Of so many people or messages one search tells; whoever asks for more asks too vaguely.
MEANT = 100


@dataclass(frozen=True)
class Question:
    """What is asked for; everything that is given has to be true of an entry."""

    person: str = ""  # an address, or part of a name; whoever acted or was acted upon
    list_id: int | None = None
    message: str = ""  # a number, or words of the subject
    door: Door | None = None
    act: Act | None = None
    since: datetime | None = None
    until: datetime | None = None  # not included


@dataclass(frozen=True)
class Names:
    """How those are called whom entries know by their ids."""

    people: Mapping[int, str] = field(default_factory=dict)
    lists: Mapping[int, str] = field(default_factory=dict)

    def of(self, entry: AuditEntry) -> dict[str, str]:
        """Whom and which list the entry is about, as far as it is about any."""
        found = {}
        user_id = (entry.detail or {}).get("user_id")
        if isinstance(user_id, int):
            found["user"] = self.people.get(user_id, f"#{user_id}")
        if entry.list_id is not None:
            found["list"] = self.lists.get(entry.list_id, f"#{entry.list_id}")
        return found


NOBODY = Names()


def require_reader(actor: Actor) -> None:
    """Raise Trespass for whoever may not read the trail.

    It tells what everybody did, and when they logged in: that is for those who may view users.
    """
    require(actor, Right.VIEW_USERS)


def search(
    session: Session, question: Question, *, before: int | None = None, limit: int
) -> Sequence[AuditEntry]:
    """So many entries, those before the entry with this number only."""
    found = select(AuditEntry).where(*conditions(session, question))
    if before is not None:
        found = found.where(AuditEntry.id < before)
    return session.scalars(found.order_by(AuditEntry.id.desc()).limit(limit)).all()


def everything(
    session: Session, question: Question, *, batch: int
) -> Iterator[Sequence[AuditEntry]]:
    """All entries that answer the question, so many at a time; the ones before are forgotten."""
    entries = search(session, question, limit=batch)
    while entries:
        yield entries
        last = entries[-1].id
        for entry in entries:
            session.expunge(entry)
        entries = search(session, question, before=last, limit=batch)


def names(session: Session, entries: Sequence[AuditEntry]) -> Names:
    """The names for these entries, in two statements."""
    people = {entry.about_id for entry in entries} - {None}
    lists = {entry.list_id for entry in entries} - {None}
    named = select(User.id, User.name).where(User.id.in_(people))
    called = select(MailingList.id, MailingList.short_name).where(MailingList.id.in_(lists))
    return Names(dict(session.execute(named).all()), dict(session.execute(called).all()))


def conditions(session: Session, question: Question) -> Iterator[ColumnElement[bool]]:
    """What has to be true of an entry."""
    if question.person:
        meant = people_meant(session, question.person)
        yield or_(AuditEntry.actor_id.in_(meant), AuditEntry.about_id.in_(meant))
    if question.message:
        yield AuditEntry.message_id.in_(messages_meant(session, question.message))
    if question.list_id is not None:
        yield AuditEntry.list_id == question.list_id
    if question.door is not None:
        yield AuditEntry.door == question.door
    if question.act is not None:
        yield AuditEntry.act == question.act
    if question.since is not None:
        yield AuditEntry.at >= question.since
    if question.until is not None:
        yield AuditEntry.at < question.until


def people_meant(session: Session, text: str) -> Sequence[int]:
    """The ids of the person with this address, or of those with this in their name."""
    if (user := find_user(session, text)) is not None:
        return [user.id]
    named = select(User.id).where(User.name.icontains(text, autoescape=True))
    return session.scalars(named.order_by(User.id).limit(MEANT)).all()


def messages_meant(session: Session, text: str) -> Sequence[int]:
    """The number itself, or the newest messages with these words in their subject."""
    if text.isdecimal():
        # No identity is longer than PostgreSQL's bigint.
        return [int(text)] if len(text) <= 18 else []
    worded = select(Message.id).where(Message.subject.icontains(text, autoescape=True))
    return session.scalars(worded.order_by(Message.id.desc()).limit(MEANT)).all()
