"""The transactional outbox: rows that ask for work, published to the broker after the commit.

1. **Ask.**  A verb adds or postpones a `WorkItem`, or writes into a list's journal and calls
   `ask_for_push`.  The row *is* the request: it is committed or rolled back with its cause.
2. **Collect.**  When the session flushes, `collect` adds an `OutboxEntry` for each such work item
   to the session's outbox.  `ask_for_push` adds one for the list, which is debounced.
3. **Publish.**  After the commit, `transaction()` drains the outbox and `publish` in
   workflows/outbox.py sends one task per entry, with nothing but the id.
4. **Publish again.**  The broker may lose a task.  Each work item knows when it is to be published
   again, the journal knows which changes no push has covered; the sweep reads both.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import event
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.clock import now
from models.lifecycle import Lifecycle

# Work is published at most this long before it is due: far below the broker's visibility timeout,
# after which it would hand the waiting task to a second worker.
HORIZON = timedelta(seconds=60)

# The sweep publishes again after this time.  It doubles with each publication, up to a maximum, so
# that a backlog does not flood the queues.
REPUBLISH_AFTER = timedelta(seconds=30)
MAX_REPUBLISH_AFTER = timedelta(minutes=4)

# The key of a session's outbox in `session.info`.
OUTBOX = "outbox"


class OutboxEntry(NamedTuple):
    """Work to publish: the row's class and id, and when the work is due.

    Without `due_at`, a debounced entry is due after a quiet period, and published once in it.
    """

    kind: type[Base]
    row_id: int
    due_at: datetime | None
    debounced: bool = False


def enqueue(session: Session, entry: OutboxEntry) -> None:
    """Publish `entry` after the commit; it replaces an earlier one for the same row."""
    session.info.setdefault(OUTBOX, {})[entry.kind, entry.row_id] = entry


def drain(session: Session) -> list[OutboxEntry]:
    """Return what is in the session's outbox, and empty it."""
    return [*session.info.pop(OUTBOX, {}).values()]


class WorkItem(Lifecycle):
    """A row that asks for work: published when it is added, and each time it is postponed."""

    __abstract__ = True

    due_at: Mapped[datetime]
    # The sweep publishes the row, for the first time or again, when this instant has passed.
    publish_after: Mapped[datetime] = mapped_column("ring_at")
    publications: Mapped[int] = mapped_column("rings")

    # Not a column: whether the next flush puts the row into the outbox.
    to_publish = False

    def __init__(self, **columns: Any) -> None:
        super().__init__(**({"due_at": now(), "publications": 0} | columns))
        self.request_publication()

    def request_publication(self) -> None:
        """Publish after the commit if the work is due within the horizon; else let the sweep."""
        moment = now()
        self.to_publish = self.due_at - moment <= HORIZON
        if not self.to_publish:
            self.publish_after = self.due_at - HORIZON
            return
        # The exponent is bounded first: 2**50 s is too long for a timedelta.
        counts = min(REPUBLISH_AFTER * 2 ** min(self.publications, 10), MAX_REPUBLISH_AFTER)
        self.publications += 1
        self.publish_after = max(moment, self.due_at) + counts

    def postpone(self, due_at: datetime) -> None:
        """Set when the work is due, and publish it as if it were new."""
        self.due_at = due_at
        self.publications = 0
        self.request_publication()


@event.listens_for(Session, "after_flush")
def collect(session: Session, _flush: object) -> None:
    """Put the flushed rows that asked for it into the session's outbox: only now they have ids."""
    for row in [*session.new, *session.dirty]:
        if isinstance(row, WorkItem) and row.to_publish:
            row.to_publish = False
            enqueue(session, OutboxEntry(type(row), row.id, row.due_at))
