"""Record what became of a batch, as sets; only its own claim can."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text, cast, column, func, update, values
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Session

from models import Delivery, DeliveryState
from models.clock import now
from notifications.channel import NotDelivered
from notifications.retry import UNAVAILABLE_DELAY, next_attempt
from workflows.sendout.rate_limit import uncount


@dataclass(frozen=True)
class Result:
    """What became of one delivery that was tried."""

    state: DeliveryState
    failure: str | None = None
    reason: str = ""  # the failure in a sentence that quotes no address
    again_at: datetime | None = None


SENT = Result(DeliveryState.SENT)


def result(outcome: NotDelivered | None, attempts: int) -> Result:
    """Return the result of the latest of `attempts`.

    Only a temporary refusal is tried again, for a limited time.
    """
    if outcome is None:
        return SENT
    failure, reason = outcome.answer or str(outcome), str(outcome)
    again_at = None if outcome.permanent else next_attempt(attempts)
    if outcome.uncertain:
        return Result(DeliveryState.UNCERTAIN, failure, reason)
    if again_at is None:
        return Result(DeliveryState.FAILED, failure, reason)
    return Result(DeliveryState.PENDING, failure, reason, again_at)


def record_results(session: Session, claim: UUID, results: Mapping[int, Result]) -> None:
    """Move each delivery of this claim that is still SENDING, one UPDATE for each state."""
    by_state: dict[DeliveryState, list[int]] = {}
    for delivery_id, one in results.items():
        by_state.setdefault(one.state, []).append(delivery_id)
    own = Delivery.claim == claim
    moved: set[int] = set()
    for state, ids in by_state.items():
        sent_at = {"sent_at": now()} if state is DeliveryState.SENT else {}
        moved.update(Delivery.move_all(session, ids, state, where=own, **sent_at))
    explain(session, {key: one for key, one in results.items() if key in moved and one.failure})


def explain(session: Session, results: Mapping[int, Result]) -> None:
    """Store the failures, and when each is tried again."""
    if not results:
        return
    rows = [(key, one.failure, one.again_at) for key, one in results.items()]
    failed = values(
        column("id", BigInteger), column("failure", Text), column("again_at"), name="failed"
    ).data(rows)
    again_at = cast(failed.c.again_at, TIMESTAMP(timezone=True))
    session.execute(
        update(Delivery)
        .where(Delivery.id == failed.c.id)
        .values(
            failure=failed.c.failure,
            next_attempt_at=func.coalesce(again_at, Delivery.next_attempt_at),
        )
        .execution_options(synchronize_session=False)
    )
    for row in session.identity_map.values():
        if isinstance(row, Delivery) and row.id in results:
            session.expire(row, ["failure", "next_attempt_at"])


@dataclass(frozen=True)
class Untried:
    """Deliveries of a claim that were never offered to the relay."""

    ids: Collection[int]
    claimed_at: datetime
    reason: str


def return_untried(session: Session, dispatch_id: int, claim: UUID, untried: Untried) -> None:
    """Make them PENDING again; they do not count as attempts, nor against the rate."""
    if not untried.ids:
        return
    returned = Delivery.move_all(
        session,
        untried.ids,
        DeliveryState.PENDING,
        where=Delivery.claim == claim,
        failure=untried.reason,
        attempts=Delivery.attempts - 1,
        next_attempt_at=now() + UNAVAILABLE_DELAY,
    )
    uncount(session, dispatch_id, len(returned), claimed_at=untried.claimed_at)
