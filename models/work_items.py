"""Rows that ask for work: what is to be done, when, and how long the last bell for it counts.

Adding such a row *is* asking for the work (the pattern is known as the transactional outbox).  A
bell is rung for it after the commit; if nobody heard it, the sweep rings again.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Mapped

from models.clock import now
from models.lifecycle import Lifecycle

# A bell is rung at most this long before the work is due: far below the broker's visibility
# timeout, after which it would hand the waiting task to a second worker.
HORIZON = timedelta(seconds=60)

# How long a ring counts before the sweep rings again.  It doubles with each ring up to the longest,
# so that a backlog is not rung into a flood.
RING_COUNTS = timedelta(seconds=30)
LONGEST_RING = timedelta(minutes=4)


class WorkItem(Lifecycle):
    """A row that asks for work; whoever rings has the bell rung after the commit."""

    __abstract__ = True

    due_at: Mapped[datetime]
    ring_at: Mapped[datetime]
    rings: Mapped[int]

    # Not a column: `transaction()` looks here when it has flushed, and rings after the commit.
    to_be_heard = False

    def __init__(self, **columns: Any) -> None:
        super().__init__(**({"due_at": now(), "rings": 0} | columns))
        self.ring()

    def ring(self) -> None:
        """Ring now if the work is due within the horizon; else have the sweep ring when it is."""
        moment = now()
        self.to_be_heard = self.due_at - moment <= HORIZON
        if not self.to_be_heard:
            self.ring_at = self.due_at - HORIZON
            return
        # The power is bounded before it is taken: 2**50 s is no timedelta.
        counts = min(RING_COUNTS * 2 ** min(self.rings, 10), LONGEST_RING)
        self.rings += 1
        self.ring_at = max(moment, self.due_at) + counts

    def postpone(self, due_at: datetime) -> None:
        """Do it at `due_at` instead; the next ring is again a first one."""
        self.due_at = due_at
        self.rings = 0
        self.ring()
