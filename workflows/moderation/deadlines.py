"""What happens to a request that nobody answers: remind, ask others, give up; each once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    LetterName,
    MessageState,
    ModerationRequest,
    RequestState,
    record,
)
from models.clock import now
from workflows.moderation.decide import invite, invited
from workflows.notify import notify


@dataclass(frozen=True)
class Patience:
    """How long after the question each of the three happens; the operator decides."""

    remind_after: timedelta
    escalate_after: timedelta
    expire_after: timedelta


def meet_deadlines(session: Session, patience: Patience) -> None:
    """Expire, escalate and remind what is due; what has expired is not reminded about any more."""
    for request in overdue(session, patience.expire_after):
        expire(session, request)
    unescalated = ModerationRequest.escalated_at.is_(None)
    for request in overdue(session, patience.escalate_after, unescalated):
        escalate(session, request)
    unreminded = ModerationRequest.reminded_at.is_(None)
    for request in overdue(session, patience.remind_after, unreminded):
        remind(session, request)


def overdue(
    session: Session, after: timedelta, *still: ColumnElement[bool]
) -> Iterator[ModerationRequest]:
    """The open requests that were asked so long ago, locked; an answer under way goes first."""
    yield from session.scalars(
        select(ModerationRequest)
        .where(
            ModerationRequest.state == RequestState.OPEN,
            ModerationRequest.asked_at <= now() - after,
            *still,
        )
        .order_by(ModerationRequest.asked_at)
        .with_for_update(skip_locked=True)
    ).all()


def remind(session: Session, request: ModerationRequest) -> None:
    """Tell everybody who may answer that the question is still open; ask who was not asked yet."""
    request.reminded_at = now()
    approvers = request.approvers()
    still_asked = [user for user in invited(request) if user in approvers]
    notify(session, still_asked, LetterName.REMINDER, message=request.message, request=request)
    # Somebody who was enabled again, or became an approver at the moment of the question.
    invite(session, request, approvers)
    note(session, Act.REMINDED, request)


def escalate(session: Session, request: ModerationRequest) -> None:
    """Ask the list's second approver list too, if it names one."""
    request.escalated_at = now()
    if request.message.mailing_list.escalation_list is not None:
        invite(session, request, request.approvers())
        note(session, Act.ESCALATED, request)


def expire(session: Session, request: ModerationRequest) -> None:
    """Give up: the message is a draft again, and its author and the approvers are told."""
    request.move(RequestState.EXPIRED)
    request.message.move(MessageState.DRAFT)
    told = dict.fromkeys([request.message.author, *invited(request)])
    notify(session, told, LetterName.EXPIRED, message=request.message, request=request)
    note(session, Act.EXPIRED, request)


def note(session: Session, act: Act, request: ModerationRequest) -> None:
    """Put into the audit trail what time has done."""
    record(session, act, actor=Actor.system(), request_id=request.id, **request.message.place)
