"""Handle an SMS from an approver: claim it once, and decide only if it is clear."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    ApproverKeys,
    Door,
    InboundSms,
    LetterName,
    User,
    WrongCode,
    record,
    record_refusal,
)
from models.clock import now
from notifications.letters.keys import Keys
from notifications.replies.sms import Keyword, SmsReply, keyword, read_sms
from workflows.moderation.approver_keys import keys_by_code
from workflows.moderation.decide import AlreadyDecided, NoLongerOpen, NotAnApprover, decide
from workflows.notify import notify_administrators

# Five guesses an hour at a six-digit code: an attacker who can forge the sender finds the code of
# one open request after 23 years on average, and alerts the administrators every hour.
WRONG_CODES = 5
LOCKED_FOR = timedelta(hours=1)

Policy = Literal["allow", "after_view", "off"]


class Said(StrEnum):
    """The kinds of answer to an SMS; portal/inbound/sms_answers.py has the sentences."""

    NOTHING = "nothing"
    APPROVED = "approved"
    REJECTED = "rejected"
    TOO_LATE = "too_late"
    CLOSED = "closed"
    NOT_UNDERSTOOD = "not_understood"
    HOW = "how"
    WRONG_CODE = "wrong_code"
    LOCKED = "locked"
    VIEW_FIRST = "view_first"
    OFF = "off"
    NOT_AN_APPROVER = "not_an_approver"


@dataclass(frozen=True)
class SmsAnswer:
    """The answer to an SMS; the door renders it in the user's language."""

    said: Said
    user: User | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def claim(session: Session, message_sid: str) -> bool:
    """Claim this SMS; False if it was claimed before (Twilio repeats a webhook without an answer).

    Of two at once, the second waits until the first has committed.
    """
    claimed = session.scalar(
        insert(InboundSms)
        .values(message_sid=message_sid, received_at=now(), answer="")
        .on_conflict_do_nothing()
        .returning(InboundSms.message_sid)
    )
    return claimed is not None


def answer(
    session: Session,
    number: str,
    text: str,
    *,
    opt_out_type: str = "",
    keys: Keys,
    policy: Policy,
) -> SmsAnswer:
    """Decide as the SMS says, if it is clear and its sender may.

    `opt_out_type` is the keyword that Twilio recognised and answered: STOP, START or HELP.
    """
    # Locked, so that guesses from one number are counted one at a time.
    user = session.scalar(
        select(User)
        .where(User.phone == number, User.disabled_at.is_(None))
        # Rows that refer to this user may still be inserted meanwhile.
        .with_for_update(key_share=True)
    )
    if user is None:
        return SmsAnswer(Said.NOTHING)  # an unknown sender gets no answer
    match keyword(text, opt_out_type):
        case Keyword.STOP | Keyword.START as word:
            return opt(session, user, out=word is Keyword.STOP)
        case Keyword.HELP:
            return SmsAnswer(Said.NOTHING, user)  # Twilio has answered already
        case Keyword.HOW:
            return SmsAnswer(Said.HOW, user)
        case None:
            return by_code(session, user, read_sms(text), keys=keys, policy=policy)


def by_code(
    session: Session, user: User, reply: SmsReply, *, keys: Keys, policy: Policy
) -> SmsAnswer:
    """Decide if verdict and code are right, unless too many wrong codes came before."""
    if locked(session, user):
        return SmsAnswer(Said.LOCKED, user)
    if reply.verdict is None or reply.code is None:
        return SmsAnswer(Said.NOT_UNDERSTOOD, user)
    found = keys_by_code(session, user, reply.code, keys)
    if found is None:
        return wrong_code(session, user)
    return decided(session, found, reply, policy=policy)


def decided(session: Session, found: ApproverKeys, reply: SmsReply, *, policy: Policy) -> SmsAnswer:
    """Decide, or return why not."""
    user, request = found.user, found.request
    if policy == "off":
        return SmsAnswer(Said.OFF, user)
    if policy == "after_view" and found.viewed_at is None:
        return SmsAnswer(Said.VIEW_FIRST, user, {"message_id": request.message_id})
    assert reply.verdict is not None
    try:
        decide(session, request, reply.verdict, actor=Actor(user, Door.SMS), comment=reply.comment)
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
    """Stop or resume SMS to this user; Twilio itself answers STOP and START."""
    user.sms_stopped_at = now() if out else None
    act = Act.STOPPED_SMS if out else Act.STARTED_SMS
    record(session, act, actor=Actor(user, Door.SMS), user_id=user.id)
    return SmsAnswer(Said.NOTHING, user)


def locked(session: Session, user: User) -> bool:
    """Return whether this user is locked: WRONG_CODES within LOCKED_FOR."""
    return wrong_codes(session, user) >= WRONG_CODES


def wrong_codes(session: Session, user: User) -> int:
    """Return the number of wrong codes within LOCKED_FOR."""
    recent = select(func.count(WrongCode.id)).where(
        WrongCode.user_id == user.id, WrongCode.at > now() - LOCKED_FOR
    )
    return session.scalar(recent) or 0


def wrong_code(session: Session, user: User) -> SmsAnswer:
    """Count a wrong code; the last one allowed locks the number and alerts the administrators."""
    session.add(WrongCode(user_id=user.id))
    session.flush()
    left = WRONG_CODES - wrong_codes(session, user)
    if left > 0:
        return SmsAnswer(Said.WRONG_CODE, user, {"left": left})
    record(session, Act.LOCKED_PHONE, actor=Actor(user, Door.SMS), user_id=user.id)
    notify_administrators(session, LetterName.PHONE_LOCKED, person=user.name, user_id=user.id)
    return SmsAnswer(Said.LOCKED, user)
