"""The status of a message, and its timeline."""

from collections.abc import Sequence
from datetime import tzinfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Decision,
    Dispatch,
    Language,
    Message,
    MessageState,
    ModerationRequest,
    Refusal,
    Verdict,
)
from notifications.wording.deciders import decider
from workflows.sendout.claim import count_by_state
from workflows.sendout.forecast import Plan, plan_start


class NeverAsked(Refusal):
    """The message was never submitted for approval."""


def timeline(session: Session, message: Message) -> Sequence[AuditEntry]:
    """Return the audit entries of the message, oldest first."""
    return session.scalars(
        select(AuditEntry).where(AuditEntry.message_id == message.id).order_by(AuditEntry.id)
    ).all()


def status_text(session: Session, message: Message, zone: tzinfo) -> str:
    """Return the message's status as the end of a sentence; windows are those of `zone`."""
    match message.state:
        case MessageState.IN_MODERATION:
            return f"waits for an answer to request {newest_request(session, message).id}"
        case MessageState.SCHEDULED:
            return schedule_text(plan_start(message, zone, newest_dispatch(session, message)))
        case MessageState.REJECTED:
            rejected = session.get_one(Decision, newest_request(session, message).id)
            return f"was rejected by {decider_text(rejected)}"
        case MessageState.DRAFT if returned := sent_back(session, message):
            return f"is a draft again, sent back by {decider_text(returned)}"
        case MessageState.DRAFT | MessageState.DISCARDED | MessageState.VARIANT:
            return content_text(message)
        case MessageState.SENDING | MessageState.SENT | MessageState.STOPPED:
            counts = count_by_state(session, newest_dispatch(session, message))
            outcome = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
            return f"is {message.state} ({outcome or 'nobody is on the list'})"


def content_text(message: Message) -> str:
    """Return what a message is that cannot go out by itself now."""
    if message.variant_of_id is not None:
        return f"is a variant of message {message.variant_of_id}"
    return "was deleted" if message.state is MessageState.DISCARDED else "is a draft"


def schedule_text(start: Plan) -> str:
    """Return when the message will be sent, or since when it is late."""
    if start.late_since:
        return f"was due and is late since {start.late_since.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    assert start.begins_at is not None, "a scheduled message has a time to leave"
    return f"is scheduled for {start.begins_at.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def sent_back(session: Session, message: Message) -> Decision | None:
    """Return the newest decision about the message if it sent the message back."""
    newest = session.scalar(
        select(Decision)
        .join(ModerationRequest, ModerationRequest.id == Decision.request_id)
        .where(ModerationRequest.message_id == message.id)
        .order_by(Decision.request_id.desc())
        .limit(1)
    )
    return newest if newest and newest.verdict is Verdict.SENT_BACK else None


def decider_text(decision: Decision) -> str:
    """Return who decided, and why."""
    reason = f": {decision.comment}" if decision.comment else ""
    return f"{decider(decision, Language.ENGLISH)}{reason}"


def newest_request(session: Session, message: Message) -> ModerationRequest:
    """Return the newest request about the message; raise NeverAsked."""
    newest = find_newest_request(session, message)
    if newest is None:
        raise NeverAsked("Nobody was asked about message %(number)d.", number=message.id)
    return newest


def find_newest_request(session: Session, message: Message) -> ModerationRequest | None:
    """Return the newest request about the message, or None."""
    return session.scalar(
        select(ModerationRequest)
        .where(ModerationRequest.message_id == message.id)
        .order_by(ModerationRequest.id.desc())
        .limit(1)
    )


def newest_dispatch(session: Session, message: Message) -> Dispatch:
    """Return the newest Dispatch of the message, which has one."""
    return session.scalars(dispatches(message)).one()


def find_newest_dispatch(session: Session, message: Message) -> Dispatch | None:
    """Return the newest Dispatch of the message, or None."""
    return session.scalars(dispatches(message)).one_or_none()


def dispatches(message: Message) -> Select[Dispatch]:
    """Select the newest Dispatch of the message."""
    newest = select(Dispatch).where(Dispatch.message_id == message.id)
    return newest.order_by(Dispatch.id.desc()).limit(1)
