"""A lane: one worker process that sends a sendout's batches, for some seconds, one after the other.

Each batch is claimed, sent and recorded (claim.py, send.py, record.py): two commits, whatever its
size.  Several lanes, over all workers, serve one sendout; docs/decisions/0022 says why.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models import Dispatch, DispatchState, Message
from models.clock import now
from notifications.channel import Unavailable
from notifications.mime.copies import Copies
from notifications.retry import UNAVAILABLE_DELAY
from notifications.smtp.connection import Connection
from notifications.smtp.relay import Relay
from workflows.sendout.claim import BATCH_SIZE, Batch, claim_batch, next_size
from workflows.sendout.domains import Domains
from workflows.sendout.notebook import Notebook, NoteLost
from workflows.sendout.send import Progress, send_batch

log = logging.getLogger(__name__)

# A task ends after the batch in which this time has passed, so that other sendouts get their turn.
LANE_SECONDS = 10

# Connections of a lane to the relay: it works for one while the other waits for an answer.  A batch
# that is as small as the first one has only one.
CONNECTIONS = 2
SMALL_BATCH = BATCH_SIZE

# Seconds.  A relay that is busy may never greet a second connection, while the first one waits.
SECOND_PATIENCE = 2.0

# For this time a lane tries to record its results while the database is away.  Its last note has
# them too, so that the sweep finds them if that was too short.
RECORD_SECONDS = 12
RECORD_PAUSE = 0.25

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Lanes:
    """What the lanes of all sendouts have in common."""

    relay: Relay
    copies: Callable[[Message], Copies]
    zone: tzinfo  # of the times in sendout rules
    most: int  # lanes that may serve one sendout at once
    transaction: Transaction
    domains: Domains = field(default_factory=Domains)
    notes: Path | None = None  # the folder of their notes on this machine


class Lane:
    """One lane of a sendout, during one task."""

    def __init__(self, dispatch_id: int, lanes: Lanes) -> None:
        self._dispatch_id, self._lanes = dispatch_id, lanes
        self._notebook = Notebook(lanes.notes)
        self._connections: list[Connection] = []
        self._most_connections = CONNECTIONS
        self._closing = ExitStack()

    def run(self) -> None:
        """Send until nothing can be sent now, the time is over or something fails."""
        self._closing.callback(self._notebook.close)
        with self._closing, self._lanes.transaction() as slot:
            if not take_slot(slot, self._dispatch_id, self._lanes.most):
                return
            began = monotonic()
            batch = self._claim()
            while batch:
                progress, batch_began = Progress(self._dispatch_id, batch), monotonic()
                recorded = self._send(progress)
                if not recorded:
                    slot.invalidate()  # it was lost too
                if progress.relay_failed or not recorded or monotonic() - began > LANE_SECONDS:
                    self._publish(UNAVAILABLE_DELAY if progress.relay_failed else timedelta())
                    return
                batch = self._claim(next_size(len(batch), monotonic() - batch_began))
            self._notebook.forget()  # of the claim that found nothing

    def _claim(self, size: int | None = None) -> Batch | None:
        """Claim the next batch; the first one, if it is full, asks for another lane."""
        try:
            claim = self._notebook.begin()
        except NoteLost as failure:
            log.warning(
                "no progress can be noted, so nothing is sent", extra={"reason": str(failure)}
            )
            self._wait_for_redis()
            return None
        limits = self._lanes.domains.limits()
        with self._lanes.transaction() as session:
            dispatch = lock_unfinished(session, self._dispatch_id)
            if dispatch is None:
                return None
            zone = self._lanes.zone
            batch = claim_batch(session, dispatch, zone, claim=claim, size=size, limits=limits)
            if len(batch) == BATCH_SIZE and self._lanes.most > 1 and not size:
                dispatch.request_publication()
        self._lanes.domains.count(batch.limited)
        return batch

    def _send(self, progress: Progress) -> bool:
        """Send the batch; return whether it was recorded without losing the database."""
        copies = self._lanes.copies
        try:
            with self._lanes.transaction() as session:
                send_batch(session, progress, self._connect, self._notebook, copies=copies)
        except DBAPIError as lost:
            reason = type(lost.orig).__name__
            log.warning("database lost", extra={"dispatch": self._dispatch_id, "reason": reason})
            self._record_late(progress)
            return False
        self._notebook.forget()
        self._lanes.domains.slow(progress.refusals)
        return True

    def _record_late(self, progress: Progress) -> None:
        """Record the results in new transactions until one succeeds."""
        with suppress(NoteLost):
            self._notebook.keep(progress.note())
            self._notebook.wait_for(self._notebook.write(progress.note()))
        began = monotonic()
        while True:
            try:
                with self._lanes.transaction() as session:
                    progress.record(session)
            except DBAPIError:
                if monotonic() - began > RECORD_SECONDS:
                    raise
                sleep(RECORD_PAUSE)
            else:
                return

    def _publish(self, after: timedelta) -> None:
        """Ask for a lane that goes on."""
        with self._lanes.transaction() as session:
            dispatch = lock_unfinished(session, self._dispatch_id)
            if dispatch and dispatch.state is DispatchState.SENDING:
                dispatch.postpone(now() + after)

    def _wait_for_redis(self) -> None:
        """Have the sweep look soon, not minutes later when the last publication has lapsed."""
        with self._lanes.transaction() as session:
            if dispatch := lock_unfinished(session, self._dispatch_id):
                soon = now() + UNAVAILABLE_DELAY
                dispatch.publish_after = min(dispatch.publish_after, soon)

    def _connect(self, copies: int) -> Sequence[Connection]:
        """Return the lane's connections to the relay, one or two; raise Unavailable."""
        if not self._connections:
            self._open_connection()
        if copies > SMALL_BATCH and len(self._connections) < self._most_connections:
            try:
                self._open_connection(patience=SECOND_PATIENCE)
            except Unavailable:
                self._most_connections = 1  # the relay wants no second one
        return self._connections if copies > SMALL_BATCH else self._connections[:1]

    def _open_connection(self, *, patience: float | None = None) -> None:
        opened = self._lanes.relay.connect(patience=patience)
        self._connections.append(self._closing.enter_context(opened))


def take_slot(session: Session, dispatch_id: int, most: int) -> bool:
    """Take one of the sendout's places for a lane until this transaction ends, if one is free."""
    return any(
        session.scalar(
            select(
                func.pg_try_advisory_xact_lock(
                    func.hashtextextended(f"listgate.lane.{dispatch_id}.{number}", 0)
                )
            )
        )
        for number in range(most)
    )


def lock_unfinished(session: Session, dispatch_id: int) -> Dispatch | None:
    """Lock the sendout, waiting for another lane's claim; None if it is over."""
    unfinished = (DispatchState.WAITING, DispatchState.SENDING)
    return session.scalar(
        select(Dispatch)
        .where(Dispatch.id == dispatch_id, Dispatch.state.in_(unfinished))
        .with_for_update()
    )
