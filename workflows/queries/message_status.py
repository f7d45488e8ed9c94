"""Where a message stands, and everything that happened to it."""

from collections.abc import Sequence
from datetime import tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Decision,
    Dispatch,
    Message,
    MessageState,
    ModerationRequest,
    Refusal,
)
from workflows.sendout.forecast import begin
from workflows.sendout.send import tally


class NeverAsked(Refusal):
    """The message was never handed in to approvers."""


def timeline(session: Session, message: Message) -> Sequence[AuditEntry]:
    """All that the audit trail knows about the message, oldest first."""
    return session.scalars(
        select(AuditEntry).where(AuditEntry.message_id == message.id).order_by(AuditEntry.id)
    ).all()


def standing(session: Session, message: Message, zone: tzinfo) -> str:
    """Where the message stands now, as the end of a sentence; windows are those of `zone`."""
    match message.state:
        case MessageState.IN_MODERATION:
            return f"waits for an answer to request {newest_request(session, message).id}"
        case MessageState.SCHEDULED:
            begins_at = begin(message, zone, newest_dispatch(session, message)).begins_at
            assert begins_at is not None, "what is scheduled has time to go out"
            return f"is scheduled for {begins_at.astimezone():%Y-%m-%d %H:%M:%S %Z}"
        case MessageState.REJECTED:
            return rejection(session, message)
        case MessageState.DRAFT:
            return "is a draft"
        case MessageState.DISCARDED:
            return "was deleted"
        case MessageState.SENDING | MessageState.SENT | MessageState.STOPPED:
            counts = tally(session, newest_dispatch(session, message))
            outcome = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
            return f"is {message.state} ({outcome or 'nobody is on the list'})"


def rejection(session: Session, message: Message) -> str:
    """Who rejected the message, and why."""
    decision = session.get_one(Decision, newest_request(session, message).id)
    reason = f": {decision.comment}" if decision.comment else ""
    return f"was rejected by {decision.approver}{reason}"


def newest_request(session: Session, message: Message) -> ModerationRequest:
    """The latest question about the message; raises NeverAsked."""
    newest = session.scalar(
        select(ModerationRequest)
        .where(ModerationRequest.message_id == message.id)
        .order_by(ModerationRequest.id.desc())
        .limit(1)
    )
    if newest is None:
        raise NeverAsked("Nobody was asked about message %(number)d.", number=message.id)
    return newest


def newest_dispatch(session: Session, message: Message) -> Dispatch:
    """The latest sending of the message."""
    return session.scalars(
        select(Dispatch)
        .where(Dispatch.message_id == message.id)
        .order_by(Dispatch.id.desc())
        .limit(1)
    ).one()
