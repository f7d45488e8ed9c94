"""Write a message, and hand it in: straight to its schedule, or to the approvers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Invalid,
    MailingList,
    Message,
    MessageState,
    ModerationRequest,
    RequestState,
    Right,
    SendoutRules,
    Trespass,
    Unknown,
    User,
    record,
)
from models.clock import now
from models.sendout import MAX_DAYS
from notifications.mime.parse import read
from workflows.access import require, require_open
from workflows.moderation.decide import request_approval
from workflows.sendout.rules import choose_rules
from workflows.sendout.schedule import release

NO_RULES = SendoutRules()

# What nobody but its author reads.
PRIVATE = {MessageState.DRAFT, MessageState.DISCARDED}

# A time that lies further back than this is a mistake of the year or zone, not a slow approver.
PAST_TOLERANCE = timedelta(hours=1)

# No further is looked for the end of a sendout: a period may begin at the end of the longest.
CALENDAR_AHEAD = timedelta(days=3 * MAX_DAYS)


@dataclass(frozen=True)
class Draft:
    """What an author writes: a mail (RFC 5322) for one list."""

    mailing_list: MailingList
    raw: bytes
    composed: bool = False  # its bytes were made of what was typed into a form


def write(
    session: Session,
    draft: Draft,
    *,
    actor: Actor,
    max_bytes: int,
    send_at: datetime | None = None,
    rules: SendoutRules = NO_RULES,
) -> Message:
    """Keep a draft, byte for byte as it was given.

    Raises Invalid for what cannot be read, a time that cannot be meant or rules that the list does
    not allow, Trespass for setting either without the right to, Archived.
    """
    mailing_list = draft.mailing_list
    require_open(session, mailing_list)
    if send_at is not None or rules != NO_RULES:
        require(actor, Right.SCHEDULE_SENDOUT, list_id=mailing_list.id)
    if send_at is not None:
        require_sensible(send_at)
    subject = subject_of(draft.raw, max_bytes)
    message = Message(
        author=actor.person,
        mailing_list=mailing_list,
        raw=draft.raw,
        size=len(draft.raw),
        subject=subject,
        send_at=send_at,
        composed=draft.composed,
    )
    choose_rules(message, rules)
    session.add(message)
    session.flush()
    record(session, Act.WROTE, actor=actor, message_id=message.id, list_id=mailing_list.id)
    return message


def subject_of(raw: bytes, max_bytes: int) -> str:
    """The subject of a mail that can be sent; raises Invalid for any other."""
    return read(raw, limit=max_bytes).subject


def hand_in(session: Session, message: Message, *, actor: Actor) -> None:
    """Release the message if its author may send (Right 601), else ask for approval."""
    if actor.person.may(Right.SEND_MESSAGES):
        release(session, message, actor=actor)
    else:
        request_approval(session, message, actor=actor)


def message_by_id(session: Session, message_id: int) -> Message:
    """The message with this number; raises Unknown."""
    message = session.get(Message, message_id)
    if message is None:
        raise Unknown("There is no message %(number)d.", number=message_id)
    return message


def require_reader(session: Session, message: Message, actor: Actor) -> None:
    """Raise Trespass unless the actor may read the message.

    Its author may, whoever may answer about it now, and, once it is more than a draft, everybody
    with the right to see the outbox.
    """
    user = actor.person
    if user.id == message.author_id:
        return
    if user.may(Right.VIEW_OUTBOX) and message.state not in PRIVATE:
        return
    if request_to_answer(session, message, user) is None:
        raise Trespass(
            "%(user)s may not read message %(number)d.",
            user=user,
            number=message.id,
            **actor.signature,
            **message.place,
        )


def request_to_answer(session: Session, message: Message, user: User) -> ModerationRequest | None:
    """The open request about the message, if this person may answer it."""
    open_request = select(ModerationRequest).where(
        ModerationRequest.message_id == message.id, ModerationRequest.state == RequestState.OPEN
    )
    asked = session.scalar(open_request)
    return asked if asked is not None and user in asked.approvers() else None


def require_sensible(send_at: datetime) -> None:
    """Raise Invalid for a time without a zone, or one that lies far in the past."""
    if send_at.tzinfo is None:
        raise Invalid("The time to send at needs a zone, as in 2027-01-31T09:00+01:00.")
    if send_at < now() - PAST_TOLERANCE:
        raise Invalid("The time to send at lies in the past: %(time)s.", time=send_at)
    try:
        # At the ends of the calendar a time has no neighbour in another zone, and a sendout no end.
        send_at.astimezone(UTC) + CALENDAR_AHEAD, send_at.astimezone(UTC) - timedelta(days=1)
    except OverflowError:
        raise Invalid("The time to send at lies outside of the calendar.") from None
