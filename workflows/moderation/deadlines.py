"""Remind about, escalate and expire requests that no one answers; each happens once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
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
from workflows.moderation.decide import ask_those_present, asked_approvers, notify_approvers
from workflows.notify import notify


@dataclass(frozen=True)
class Deadlines:
    """How long after the request each of the three happens; the operator decides."""

    remind_after: timedelta
    escalate_after: timedelta
    expire_after: timedelta


def meet_deadlines(session: Session, deadlines: Deadlines) -> None:
    """Expire, or escalate and then remind, what is due: an expired request needs no reminder."""
    moment = now()
    for request in overdue(session, deadlines, moment):
        age = moment - request.asked_at
        if age >= deadlines.expire_after:
            expire(session, request)
            continue
        if request.escalated_at is None and age >= deadlines.escalate_after:
            escalate(session, request)
        if request.reminded_at is None and age >= deadlines.remind_after:
            remind(session, request)


def overdue(
    session: Session, deadlines: Deadlines, moment: datetime
) -> Iterator[ModerationRequest]:
    """Yield the open requests with something due, locked; skip those that are being answered."""
    asked_at = ModerationRequest.asked_at
    yield from session.scalars(
        select(ModerationRequest)
        .where(
            ModerationRequest.state == RequestState.OPEN,
            or_(
                asked_at <= moment - deadlines.expire_after,
                (asked_at <= moment - deadlines.escalate_after)
                & ModerationRequest.escalated_at.is_(None),
                (asked_at <= moment - deadlines.remind_after)
                & ModerationRequest.reminded_at.is_(None),
            ),
        )
        .order_by(asked_at)
        .with_for_update(skip_locked=True)
    ).all()


def remind(session: Session, request: ModerationRequest) -> None:
    """Remind everyone who may answer and is not away; ask approvers who were not asked yet."""
    request.reminded_at = now()
    able = request.answerers()
    still_asked = [user for user in asked_approvers(request) if user in able.recipients]
    notify_approvers(session, request, LetterName.REMINDER, still_asked, deputies=able.deputies)
    # A user who was enabled again, or became an approver while the request was being made.
    ask_those_present(session, request)
    note(session, Act.REMINDED, request)


def escalate(session: Session, request: ModerationRequest) -> None:
    """Ask the list's escalation list too, if it has one."""
    request.escalated_at = now()
    if request.message.mailing_list.escalation_list is not None:
        ask_those_present(session, request)
        note(session, Act.ESCALATED, request)


def expire(session: Session, request: ModerationRequest) -> None:
    """Close the request: the message is a draft again; author and approvers are notified."""
    request.move(RequestState.EXPIRED)
    request.message.move(MessageState.DRAFT)
    people = dict.fromkeys([request.message.author, *asked_approvers(request)])
    notify(session, people, LetterName.EXPIRED, message=request.message, request=request)
    note(session, Act.EXPIRED, request)


def note(session: Session, act: Act, request: ModerationRequest) -> None:
    """Record what the system did."""
    record(session, act, actor=Actor.system(), request_id=request.id, **request.message.place)
