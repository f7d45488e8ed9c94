"""Forecast a sendout: when it begins or continues, at which rate, and about when it ends."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from sqlalchemy.orm import Session

from models import Dispatch, DispatchState, Message, MessageState, SendoutRules
from models.clock import now
from workflows.sendout import recipients
from workflows.sendout.variants import number_drawn

# In the other states no more copies are sent, so there is no forecast.
FORECAST_STATES = {
    MessageState.DRAFT,
    MessageState.IN_MODERATION,
    MessageState.SCHEDULED,
    MessageState.SENDING,
}

# A worker begins within seconds; after a lost publication, at the next sweep but one.
LATE_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Plan:
    """The forecast as of now."""

    rules: SendoutRules
    begins_at: datetime | None  # None: never, because the windows do not overlap
    waits: bool  # whether `begins_at` is in the future
    copies: int | None = None  # still to be sent; None without rate and span
    ends_at: datetime | None = None  # approximately; None: unknown
    due_at: datetime | None = None  # of a scheduled message
    late_since: datetime | None = None  # it could have begun then, and has not


def plan_start(message: Message, zone: tzinfo, dispatch: Dispatch | None = None) -> Plan:
    """Forecast only when copies may be sent, for the first time or again."""
    rules, moment = message.rules_in_force, now()
    if rules.leave_no_time:
        return Plan(rules, None, waits=False)
    due_at = dispatch.due_at if dispatch else message.send_at
    begins_at = rules.opening(max(moment, due_at or moment), zone)
    if dispatch is None or dispatch.state is not DispatchState.WAITING:
        return Plan(rules, begins_at, waits=begins_at > moment)
    could_begin = rules.opening(dispatch.due_at, zone)
    return Plan(
        rules,
        begins_at,
        waits=begins_at > moment,
        due_at=dispatch.due_at,
        late_since=could_begin if moment - could_begin > LATE_AFTER else None,
    )


def plan(
    session: Session,
    message: Message,
    zone: tzinfo,
    *,
    dispatch: Dispatch | None = None,
    copies: int | None = None,
) -> Plan | None:
    """Forecast start and end; return None for a message that will not be sent any further.

    `copies` are still to be sent; if it is not given, one to each recipient.  A late sendout has no
    end: it would move with the clock.
    """
    if message.state not in FORECAST_STATES:
        return None
    start = plan_start(message, zone, dispatch)
    unlimited = start.rules.rate is None and start.rules.span is None
    if unlimited or start.begins_at is None or start.late_since:
        return start
    copies = recipients.count(session, message) if copies is None else copies
    if message.is_split and message.state is not MessageState.SENDING:
        copies = number_drawn(message, copies)  # the rest has a time of its own
    of = dispatch.recipients if dispatch else None
    ends_at = start.rules.end(start.begins_at, copies, zone, of=of)
    return replace(start, copies=copies, ends_at=ends_at)
