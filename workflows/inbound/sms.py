"""Handle an SMS from an approver: claim it once, and decide only if it is clear."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

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
    ModerationRequest,
    User,
    Verdict,
    WrongCode,
    record,
    record_refusal,
)
from models.clock import now
from notifications.letters.keys import Keys
from notifications.replies.sms import Keyword, SmsReply, keyword, read_sms
from settings.types import SmsDecision
from workflows.moderation.approver_keys import keys_by_code
from workflows.moderation.approvers import NotAnApprover
from workflows.moderation.decide import AlreadyDecided, CommentMissing, NoLongerOpen, decide
from workflows.notify import notify_administrators

# Five guesses an hour at a six-digit code: an attacker who can forge the sender finds the code of
# one open request after 23 years on average, and alerts the administrators every hour.
WRONG_CODES = 5
LOCKED_FOR = timedelta(hours=1)

# Answers of a kind to one person within an hour, unless they confirm a decision: phones answer, too
# ("I am driving"), and two machines that answer each other must come to an end.
SAME_ANSWERS = 5
ANSWERS_COUNTED_FOR = timedelta(hours=1)


class Said(StrEnum):
    """The kinds of answer to an SMS; portal/inbound/sms_answers.py has the sentences."""

    NOTHING = "nothing"
    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"
    TOO_LATE = "too_late"
    CLOSED = "closed"
    NOT_UNDERSTOOD = "not_understood"
    HOW = "how"
    WRONG_CODE = "wrong_code"
    LOCKED = "locked"
    VIEW_FIRST = "view_first"
    OFF = "off"
    NOT_AN_APPROVER = "not_an_approver"
    APPROVED_BEFORE = "approved_before"
    REJECTED_BEFORE = "rejected_before"
    SENT_BACK_BEFORE = "sent_back_before"
    APPROVAL_STANDS = "approval_stands"
    REJECTION_STANDS = "rejection_stands"
    RETURN_STANDS = "return_stands"
    COMMENT_NEEDED = "comment_needed"


# What an approver who was first is answered to the same verdict, and to another one.
OWN_ANSWER = {
    Verdict.APPROVED: (Said.APPROVED_BEFORE, Said.APPROVAL_STANDS),
    Verdict.REJECTED: (Said.REJECTED_BEFORE, Said.REJECTION_STANDS),
    Verdict.SENT_BACK: (Said.SENT_BACK_BEFORE, Said.RETURN_STANDS),
}


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
    policy: SmsDecision,
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
            return limited(session, user, SmsAnswer(Said.HOW, user))
        case None:
            reply = by_code(session, user, read_sms(text), keys=keys, policy=policy)
            return limited(session, user, reply)


def limited(session: Session, user: User, answer: SmsAnswer) -> SmsAnswer:
    """Return the answer, or none if the same was given SAME_ANSWERS times within the hour."""
    if answer.said in (Said.APPROVED, Said.REJECTED, Said.SENT_BACK):
        return answer
    recent = select(func.count(InboundSms.message_sid)).where(
        InboundSms.user_id == user.id,
        InboundSms.said == answer.said,
        InboundSms.received_at > now() - ANSWERS_COUNTED_FOR,
    )
    given = session.scalar(recent) or 0
    return answer if given < SAME_ANSWERS else SmsAnswer(Said.NOTHING, user)


def by_code(
    session: Session, user: User, reply: SmsReply, *, keys: Keys, policy: SmsDecision
) -> SmsAnswer:
    """Decide if verdict and code are right, unless too many wrong codes came before."""
    if locked(session, user):
        return SmsAnswer(Said.LOCKED, user)
    if reply.verdict is None or reply.code is None:
        return SmsAnswer(Said.NOT_UNDERSTOOD, user)
    found = keys_by_code(session, user, reply.code, keys)
    if found is None:
        return wrong_code(session, user)
    if policy == "off":
        return SmsAnswer(Said.OFF, user)
    return decided(session, found, reply, policy=policy)


def decided(
    session: Session, found: ApproverKeys, reply: SmsReply, *, policy: SmsDecision
) -> SmsAnswer:
    """Decide, or return why not."""
    user, request = found.user, found.request
    if policy == "after_view" and found.viewed_at is None:
        return SmsAnswer(Said.VIEW_FIRST, user, {"message_id": request.message_id})
    assert reply.verdict is not None
    try:
        decide(session, request, reply.verdict, actor=Actor(user, Door.SMS), comment=reply.comment)
    except NotAnApprover as refusal:
        record_refusal(session, refusal)
        return SmsAnswer(Said.NOT_AN_APPROVER, user)
    except AlreadyDecided:
        return first_answer_stands(request, user, reply.verdict)
    except NoLongerOpen:
        return SmsAnswer(Said.CLOSED, user)
    except CommentMissing:
        return SmsAnswer(Said.COMMENT_NEEDED, user)
    return SmsAnswer(Said(reply.verdict.value), user, message_facts(request))


def first_answer_stands(request: ModerationRequest, user: User, verdict: Verdict) -> SmsAnswer:
    """Return who was first; to a user who was, whether this is the same answer again."""
    first = request.decision
    assert first is not None
    if first.approver != user:
        facts = {"approver": first.approver.name, "verdict": first.verdict}
        return SmsAnswer(Said.TOO_LATE, user, facts)
    same, another = OWN_ANSWER[first.verdict]
    said = same if verdict is first.verdict else another
    return SmsAnswer(said, user, message_facts(request))


def message_facts(request: ModerationRequest) -> dict[str, Any]:
    """Return what an answer says about the message."""
    return {"subject": request.message.subject, "list": request.message.mailing_list.short_name}


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
