"""One unit of work: commit, then ring for what it asked.

Adding a WorkItem *is* asking for it to be carried out.  The row is the request; the queue carries
only its id, after the commit, and if nobody hears the bell the sweep rings again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import structlog
from kombu import Connection as BrokerConnection
from kombu.exceptions import KombuError
from kombu.pools import producers
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from models import Dispatch, InboundMail, Notification, Trespass, WorkItem, record_refusal
from models.clock import now
from models.database import new_session
from workflows.celery import app

log = structlog.get_logger()

# Which task does the work that a row asks for.
ANSWERED_BY: dict[type[WorkItem], str] = {
    Notification: "letters.deliver_notification",
    Dispatch: "sendout.send_dispatch",
    InboundMail: "moderation.handle_mail",
}

# A page waits for its bell: a broker that does not answer within a second is not waited for.
BELL_PATIENCE = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}


class Bell(NamedTuple):
    """What to ring: a task, the id of the row it is for, and when it is due."""

    task: str
    row_id: int
    due_at: datetime


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


def ring(bells: Sequence[Bell]) -> None:
    """Publish all in one pipelined batch; a broker that is away costs a second, not the work."""
    if not bells:
        return
    options = {**app.conf.broker_transport_options, **BELL_PATIENCE}
    try:
        with (
            producers[BrokerConnection(app.conf.broker_url, transport_options=options)].acquire(
                block=True, timeout=1
            ) as producer,
            producer.batch(max_size=500),
        ):
            for bell in bells:
                eta = bell.due_at if bell.due_at > now() else None
                app.send_task(
                    bell.task,
                    args=[bell.row_id],
                    eta=eta,
                    producer=producer,
                    ignore_result=True,  # or the result backend would be asked first
                )
    except KombuError:
        log.warning("bells not heard, the sweep will ring again", bells=len(bells))
