"""What can be foreseen of a sendout: when it begins or goes on, how fast it is, when it ends."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy.orm import Session

from models import Dispatch, Message, MessageState, SendoutRules
from models.clock import now
from workflows.sendout import recipients

# Nothing more is foreseen of any other.
FORESEEN = {
    MessageState.DRAFT,
    MessageState.IN_MODERATION,
    MessageState.SCHEDULED,
    MessageState.SENDING,
}


@dataclass(frozen=True)
class Plan:
    """What is foreseen now."""

    rules: SendoutRules
    begins_at: datetime | None  # None: never, as the rules leave no time
    waits: bool  # whether that lies in the future
    copies: int | None = None  # how many are still to leave, where there is a rate
    ends_at: datetime | None = None  # about; None: nobody can tell


def begin(message: Message, zone: tzinfo, dispatch: Dispatch | None = None) -> Plan:
    """When copies may leave, for the first time or again."""
    rules, moment = message.rules_in_force, now()
    if rules.leave_no_time:
        return Plan(rules, None, waits=False)
    due_at = dispatch.due_at if dispatch else message.send_at
    begins_at = rules.opening(max(moment, due_at or moment), zone)
    return Plan(rules, begins_at, waits=begins_at > moment)


def plan(
    session: Session,
    message: Message,
    zone: tzinfo,
    *,
    dispatch: Dispatch | None = None,
    copies: int | None = None,
) -> Plan | None:
    """The same, and when it ends; None for a message of which nothing more will leave.

    So many `copies` are still to leave; where that is not given, one to each recipient.
    """
    if message.state not in FORESEEN:
        return None
    begins = begin(message, zone, dispatch)
    if begins.rules.rate is None or begins.begins_at is None:
        return begins
    copies = recipients.count(session, message.mailing_list) if copies is None else copies
    ends_at = begins.rules.end(begins.begins_at, copies, zone)
    return Plan(begins.rules, begins.begins_at, begins.waits, copies, ends_at)
