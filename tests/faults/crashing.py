"""Points of a service's call at which a process dies (SIGKILL).

A test puts a point into a list in Redis; the process that takes it out dies there, so one does,
once.  Only the programs of `crashing_worker` and `crashing_portal` have such points.
"""

import os
import signal
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Final

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from models.database import engine, new_session
from models.outbox import OutboxEntry
from models.services import acting_service
from workflows import transaction
from workflows.outbox import publish
from workflows.redis_client import redis_client

KEY: Final = "points of a crash"
BEFORE_COMMIT: Final = "before the commit"
AFTER_COMMIT: Final = "after the commit, before the publication"
BEFORE_ANSWER: Final = "after the publication, before the answer"

# Whether the transaction that ends is that of a service's call.
is_call: ContextVar[bool] = ContextVar("is_call", default=False)


def install() -> None:
    """Let this process die at the points."""
    event.listen(new_session, "before_commit", look_who_calls)
    event.listen(engine, "commit", reach_commit)
    transaction.publish = publish_between_points  # type: ignore[attr-defined]


def reach(point: str) -> None:
    """Die if a test wants it here."""
    if is_call.get() and redis_client.lrem(KEY, 1, point):
        os.kill(os.getpid(), signal.SIGKILL)


def look_who_calls(session: Session) -> None:
    """Note whether a service acts in this transaction."""
    is_call.set(acting_service(session) is not None)


def reach_commit(_: Connection) -> None:
    """Everything is written, and nothing is committed."""
    reach(BEFORE_COMMIT)


def publish_between_points(entries: Sequence[OutboxEntry]) -> None:
    """Publish what a transaction asked for, as `transaction` does after each commit."""
    reach(AFTER_COMMIT)
    publish(entries)
    reach(BEFORE_ANSWER)
