"""An SMS that comes in: claim it, and do what it clearly says; or nothing."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import (
    Act,
    Door,
    InboundSms,
    Invitation,
    LetterName,
    User,
    WrongCode,
    record,
    record_refusal,
)
from models.clock import now
from notifications.keys import Keys
from notifications.sms_replies import SmsReply, is_opt_in, is_opt_out, read_sms
from workflows.invitations import invitation_by_code
from workflows.moderation import AlreadyDecided, NoLongerOpen, NotAnApprover, decide
from workflows.notifications import notify_administrators

# Five guesses among a million codes in an hour: see invitations.RECENT.
WRONG_CODES = 5
LOCKED_FOR = timedelta(hours=1)

Policy = Literal["allow", "after_view", "off"]


class Said(StrEnum):
    """What is answered to an SMS; each has its words in three languages."""

    NOTHING = "nothing"
    APPROVED = "approved"
    REJECTED = "rejected"
    TOO_LATE = "too_late"
    CLOSED = "closed"
    NOT_UNDERSTOOD = "not_understood"
    WRONG_CODE = "wrong_code"
    LOCKED = "locked"
    VIEW_FIRST = "view_first"
    OFF = "off"
    NOT_AN_APPROVER = "not_an_approver"


@dataclass(frozen=True)
class SmsAnswer:
    """The answer to an SMS, for the door to put into words in the person's language."""

    said: Said
    user: User | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def claim(session: Session, message_sid: str) -> bool:
    """Make this SMS ours; False if it came before (Twilio repeats what it got no answer to).

    Of two at the same time the second waits until the first has committed.
    """
    claimed = session.scalar(
        insert(InboundSms)
        .values(message_sid=message_sid, received_at=now(), answer="")
        .on_conflict_do_nothing()
        .returning(InboundSms.message_sid)
    )
    return claimed is not None


def answer(session: Session, number: str, text: str, *, keys: Keys, policy: Policy) -> SmsAnswer:
    """Do what the SMS says, if it says it clearly and its sender may."""
    # Locked, so that guesses from one number are counted one after the other.
    user = session.scalar(
        select(User)
        .where(User.phone == number, User.disabled_at.is_(None))
        # Others may go on to refer to this person, in letters about the same request.
        .with_for_update(key_share=True)
    )
    if user is None:
        return SmsAnswer(Said.NOTHING)  # a stranger learns nothing, and costs nothing
    if is_opt_out(text) or is_opt_in(text):
        return opt(session, user, out=is_opt_out(text))
    if locked(session, user):
        return SmsAnswer(Said.LOCKED, user)
    reply = read_sms(text)
    if reply.verdict is None or reply.code is None:
        return SmsAnswer(Said.NOT_UNDERSTOOD, user)
    invitation = invitation_by_code(session, user, reply.code, keys)
    if invitation is None:
        return wrong_code(session, user)
    return decided(session, invitation, reply, policy=policy)


def decided(
    session: Session, invitation: Invitation, reply: SmsReply, *, policy: Policy
) -> SmsAnswer:
    """Decide, or say why not."""
    user, request = invitation.user, invitation.request
    if policy == "off":
        return SmsAnswer(Said.OFF, user)
    if policy == "after_view" and invitation.viewed_at is None:
        return SmsAnswer(Said.VIEW_FIRST, user, {"message_id": request.message_id})
    assert reply.verdict is not None
    try:
        decide(session, request, user, reply.verdict, via=Door.SMS, comment=reply.comment)
    except NotAnApprover as refusal:
        record_refusal(session, refusal)
        return SmsAnswer(Said.NOT_AN_APPROVER, user)
    except AlreadyDecided:
        assert request.decision is not None
        first = request.decision
        return SmsAnswer(
            Said.TOO_LATE, user, {"approver": first.approver.name, "verdict": first.verdict}
        )
    except NoLongerOpen:
        return SmsAnswer(Said.CLOSED, user)
    facts = {"subject": request.message.subject, "list": request.message.mailing_list.short_name}
    return SmsAnswer(Said(reply.verdict.value), user, facts)


def opt(session: Session, user: User, *, out: bool) -> SmsAnswer:
    """Twilio answers STOP and START itself; we write by e-mail from now on, or by SMS again."""
    user.sms_stopped_at = now() if out else None
    act = Act.STOPPED_SMS if out else Act.STARTED_SMS
    record(session, act, by=user, via=Door.SMS, user_id=user.id)
    return SmsAnswer(Said.NOTHING, user)


def locked(session: Session, user: User) -> bool:
    """Whether five wrong codes came from this number within an hour."""
    return wrong_codes(session, user) >= WRONG_CODES


def wrong_codes(session: Session, user: User) -> int:
    """How many wrong codes count now."""
    recent = select(func.count(WrongCode.id)).where(
        WrongCode.user_id == user.id, WrongCode.at > now() - LOCKED_FOR
    )
    return session.scalar(recent) or 0


def wrong_code(session: Session, user: User) -> SmsAnswer:
    """Count a wrong code; the fifth locks the number and alerts the administrators."""
    session.add(WrongCode(user_id=user.id))
    session.flush()
    left = WRONG_CODES - wrong_codes(session, user)
    if left > 0:
        return SmsAnswer(Said.WRONG_CODE, user, {"left": left})
    record(session, Act.LOCKED_PHONE, by=user, via=Door.SMS, user_id=user.id)
    notify_administrators(session, LetterName.PHONE_LOCKED, person=user.name)
    return SmsAnswer(Said.LOCKED, user)
