"""How many copies of a sendout may leave now, by its rules; what was claimed is counted exactly.

The count is on the Dispatch, whose lock every claim holds, and is committed with the claim: a
worker that dies afterwards has used up what it claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from models import Delivery, DeliveryState, Dispatch
from models.clock import now
from models.sendout import MAX_COPIES
from notifications.retry import UNAVAILABLE_DELAY


@dataclass(frozen=True)
class Allowance:
    """So many copies now; without any, none before `again_at`."""

    copies: int
    again_at: datetime


def allowance(dispatch: Dispatch, zone: tzinfo) -> Allowance:
    """What the rules allow that are in force at this moment."""
    rules, moment = dispatch.message.rules_in_force, now()
    opens_at = rules.opening(moment, zone)
    if opens_at > moment:
        return Allowance(0, opens_at)
    if rules.rate is None:
        return Allowance(MAX_COPIES, moment)
    if is_over(dispatch, rules.rate.period, moment):
        return Allowance(rules.rate.copies, moment)
    assert dispatch.period_began_at is not None
    # Nothing is left, too, where the rate was lowered meanwhile.
    left = max(0, rules.rate.copies - dispatch.period_copies)
    if left:
        return Allowance(left, moment)
    return Allowance(0, rules.opening(dispatch.period_began_at + rules.rate.period, zone))


def use(dispatch: Dispatch, copies: int) -> None:
    """Count copies that were claimed; the first one after a period's end begins the next."""
    rate, moment = dispatch.message.rules_in_force.rate, now()
    if not copies:
        return
    if rate is None:
        # These belong to no period, so none must be left from which they could be given back.
        dispatch.period_began_at = None
        return
    if is_over(dispatch, rate.period, moment):
        dispatch.period_began_at, dispatch.period_copies = moment, 0
    dispatch.period_copies += copies


def is_over(dispatch: Dispatch, period: timedelta, moment: datetime) -> bool:
    """Whether no period lasts at this moment."""
    return dispatch.period_began_at is None or dispatch.period_began_at + period <= moment


def put_back(
    session: Session, dispatch: Dispatch, deliveries: Sequence[Delivery], *, reason: str
) -> None:
    """Undo the claim on those of which nothing has left; it counts neither as attempt nor as copy.

    Of the others there is a result.
    """
    untried = [delivery for delivery in deliveries if delivery.state is DeliveryState.SENDING]
    give_back(session, dispatch, untried)
    for delivery in untried:
        delivery.move(DeliveryState.PENDING)
        delivery.failure = reason
        delivery.attempts -= 1
        delivery.next_attempt_at = now() + UNAVAILABLE_DELAY


def give_back(session: Session, dispatch: Dispatch, untried: Sequence[Delivery]) -> None:
    """Count no longer what was claimed but never offered to the relay.

    In the database, because a colleague may be counting; and only if the period is still the one
    in which it was claimed.  A period of which nothing is left has not begun: no copy has left.
    """
    if not untried or dispatch.period_began_at is None:
        return
    claimed_at = min(delivery.claimed_at for delivery in untried if delivery.claimed_at)
    session.execute(
        update(Dispatch)
        .where(Dispatch.id == dispatch.id, Dispatch.period_began_at <= claimed_at)
        .values(
            period_copies=Dispatch.period_copies - len(untried),
            period_began_at=case((Dispatch.period_copies > len(untried), Dispatch.period_began_at)),
        )
    )
