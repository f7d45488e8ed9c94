"""Rate limit, span and window of a sendout: how many copies may be sent now.

The count is a column of the Dispatch, which every claim locks, and is committed with the claim: if
a worker dies afterwards, the copies that it claimed still count.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from models import Dispatch
from models.clock import now
from models.sendout import MAX_COPIES


@dataclass(frozen=True)
class Allowance:
    """The number of copies that may be sent now; if it is 0, none before `again_at`."""

    copies: int
    again_at: datetime


def allowance(dispatch: Dispatch, zone: tzinfo) -> Allowance:
    """Return what the rules in force allow now."""
    rules, moment = dispatch.message.rules_in_force, now()
    opens_at = rules.opening(moment, zone)
    if opens_at > moment:
        return Allowance(0, opens_at)
    pace = rules.pace(dispatch.recipients or 0)
    if pace is None:
        return Allowance(MAX_COPIES, moment)
    if period_is_over(dispatch, pace.period, moment):
        return Allowance(pace.copies, moment)
    assert dispatch.period_began_at is not None
    # More than the rate may have been sent if the rate was lowered meanwhile.
    left = max(0, pace.copies - dispatch.period_copies)
    if left:
        return Allowance(left, moment)
    return Allowance(0, rules.opening(dispatch.period_began_at + pace.period, zone))


def count_claimed(dispatch: Dispatch, copies: int) -> None:
    """Count copies that were claimed; the first one after the end of a period begins the next."""
    pace, moment = dispatch.message.rules_in_force.pace(dispatch.recipients or 0), now()
    if not copies:
        return
    if pace is None:
        # These copies belong to no period, so `uncount` must not find one to subtract them from.
        dispatch.period_began_at = None
        return
    if period_is_over(dispatch, pace.period, moment):
        dispatch.period_began_at, dispatch.period_copies = moment, 0
    dispatch.period_copies += copies


def uncount(session: Session, dispatch_id: int, copies: int, *, claimed_at: datetime) -> None:
    """Subtract copies that were claimed but never offered to the relay.

    PostgreSQL subtracts, because another lane may be counting, and only if the period in which they
    were claimed still lasts.  If none remain, the period has not begun: no copy was sent.
    """
    if not copies:
        return
    session.execute(
        update(Dispatch)
        .where(Dispatch.id == dispatch_id, Dispatch.period_began_at <= claimed_at)
        .values(
            period_copies=Dispatch.period_copies - copies,
            period_began_at=case((Dispatch.period_copies > copies, Dispatch.period_began_at)),
        )
    )


def period_is_over(dispatch: Dispatch, period: timedelta, moment: datetime) -> bool:
    """Whether the period has ended, or none has begun."""
    return dispatch.period_began_at is None or dispatch.period_began_at + period <= moment
