"""One unit of work: commit, then ring for what it asked.

Adding a WorkItem *is* asking for it to be carried out.  The row is the request; the queue carries
only its id, after the commit, and if nobody hears the bell the sweep rings again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from models import (
    CHANGED_LISTS,
    Dispatch,
    InboundMail,
    Notification,
    Sync,
    Trespass,
    WorkItem,
    record_refusal,
)
from models.database import new_session
from workflows.outbox import Bell, ring, ring_for_lists

# Which task does the work that a row asks for.
ANSWERED_BY: dict[type[WorkItem], str] = {
    Notification: "letters.deliver_notification",
    Dispatch: "sendout.send_dispatch",
    InboundMail: "moderation.handle_mail",
    Sync: "sync.push",
}


@contextmanager
def transaction(*, read_only: bool = False) -> Iterator[Session]:
    """Commit if the block succeeds, undo if it raises, then ring for what was asked.

    An attempt at what is not one's own (`Trespass`) is undone too, and put into the audit trail.
    Where it is `read_only`, PostgreSQL refuses every change, and nothing is put on record.
    """
    try:
        with new_session.begin() as session:
            session.info["read_only"] = read_only
            yield session
    except Trespass as refusal:
        if not read_only:
            with new_session.begin() as session:
                record_refusal(session, refusal)
        raise
    ring(session.info.pop("bells", []))
    ring_for_lists(session.info.pop(CHANGED_LISTS, {}))


@event.listens_for(new_session, "after_begin")
def refuse_changes(session: Session, _begun: object, connection: Connection) -> None:
    """Have PostgreSQL refuse changes; before the first statement, so without one no round trip."""
    if session.info.get("read_only"):
        connection.execute(text("set transaction read only"))


@event.listens_for(new_session, "after_flush")
def note_what_was_asked(session: Session, _flush: object) -> None:
    """Remember every row for which `ring` was called, until the commit."""
    for row in [*session.new, *session.dirty]:
        if isinstance(row, WorkItem) and row.to_be_heard:
            row.to_be_heard = False
            bell = Bell(ANSWERED_BY[type(row)], row.id, row.due_at)
            session.info.setdefault("bells", []).append(bell)
