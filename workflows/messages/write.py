"""Write a message and submit it: to its schedule with Right 601, otherwise to the approvers."""

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
from notifications.mime.personal import personal_mail
from workflows.access import require, require_open
from workflows.moderation.asking import require_may_write
from workflows.moderation.decide import request_approval
from workflows.sendout.rules import choose_rules
from workflows.sendout.schedule import release

NO_RULES = SendoutRules()

# Only the author reads these.
PRIVATE = {MessageState.DRAFT, MessageState.DISCARDED, MessageState.VARIANT}

# A time further in the past is a wrong year or zone, not a slow approver.
PAST_TOLERANCE = timedelta(hours=1)

# Bound on forecasts, so that datetime arithmetic cannot overflow.
CALENDAR_AHEAD = timedelta(days=3 * MAX_DAYS)


@dataclass(frozen=True)
class Rest:
    """The members who did not get a message, or those with uncertain copies, too."""

    first_id: int
    with_uncertain: bool = False


@dataclass(frozen=True)
class Draft:
    """What an author writes: a mail (RFC 5322) for one list."""

    mailing_list: MailingList
    raw: bytes
    composed: bool = False  # made from the portal's form, which can edit it again
    rest: Rest | None = None  # not to the whole list
    personal_fields: bool = False  # {{ name }} and the like are filled in


def write(
    session: Session,
    draft: Draft,
    *,
    actor: Actor,
    max_bytes: int,
    send_at: datetime | None = None,
    rules: SendoutRules = NO_RULES,
) -> Message:
    """Save a draft, byte for byte.

    Raises Invalid for a mail or personal fields that cannot be parsed, an impossible time or rules
    that the list does not allow; MayNotWrite; Trespass for setting time or rules without Right 618;
    Archived.
    """
    mailing_list = draft.mailing_list
    require_open(session, mailing_list)
    require_may_write(session, mailing_list, actor)
    if send_at is not None or rules != NO_RULES:
        require(actor, Right.SCHEDULE_SENDOUT, list_id=mailing_list.id)
    if send_at is not None:
        require_sensible(send_at)
    subject = subject_of(draft, max_bytes)
    message = Message(
        author=actor.person,
        mailing_list=mailing_list,
        raw=draft.raw,
        size=len(draft.raw),
        subject=subject,
        composed=draft.composed,
        personal_fields=draft.personal_fields,
    )
    if draft.rest:
        message.rest_of_id = draft.rest.first_id
        message.rest_uncertain = draft.rest.with_uncertain
    message.schedule(send_at)
    choose_rules(message, rules)
    session.add(message)
    session.flush()
    detail = {"rest_of": message.rest_of_id} if draft.rest else {}
    record(session, Act.WROTE, actor=actor, **message.place, **detail)
    return message


def subject_of(draft: Draft, max_bytes: int) -> str:
    """Return the subject of a mail that can be sent; raise Invalid for any other."""
    subject = read(draft.raw, limit=max_bytes).subject
    if draft.personal_fields:
        personal_mail(draft.raw)
    return subject


def hand_in(session: Session, message: Message, *, actor: Actor) -> None:
    """Schedule the message if its author may send (Right 601), otherwise ask for approval.

    On a list that requires a second person everyone asks.
    """
    if sends_alone(message, actor):
        release(session, message, actor=actor)
    else:
        request_approval(session, message, actor=actor)


def sends_alone(message: Message, actor: Actor) -> bool:
    """Whether the actor sends the message without approval: with Right 601 on most lists."""
    may_send = actor.may(Right.SEND_MESSAGES, message.list_id)
    return may_send and not message.mailing_list.second_person


def message_by_id(session: Session, message_id: int) -> Message:
    """Return the message with this id; raise Unknown."""
    message = session.get(Message, message_id)
    if message is None:
        raise Unknown("There is no message %(number)d.", number=message_id)
    return message


def require_reader(session: Session, message: Message, actor: Actor) -> None:
    """Raise Trespass unless the actor may read the message.

    Its author may, as may everyone who can answer an open request about it and, unless it is a
    draft, everyone with Right 605.  Of a variant, the message that it belongs to counts.
    """
    message = message.variant_of or message
    user = actor.person
    if user.id == message.author_id:
        return
    if user.may(Right.VIEW_OUTBOX, message.list_id) and message.state not in PRIVATE:
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
    """Return the open request about the message if this user may answer it, otherwise None."""
    open_request = select(ModerationRequest).where(
        ModerationRequest.message_id == message.id, ModerationRequest.state == RequestState.OPEN
    )
    asked = session.scalar(open_request)
    return asked if asked is not None and user in asked.approvers() else None


def require_sensible(send_at: datetime) -> None:
    """Raise Invalid for a time without a zone, or one that lies far in the past."""
    if send_at.tzinfo is None:
        raise Invalid("The send time needs a time zone, as in 2027-01-31T09:00+01:00.")
    if send_at < now() - PAST_TOLERANCE:
        raise Invalid("The send time is in the past: %(time)s.", time=send_at)
    try:
        # Near the ends of the calendar, zone conversion and forecasts would overflow.
        send_at.astimezone(UTC) + CALENDAR_AHEAD, send_at.astimezone(UTC) - timedelta(days=1)
    except OverflowError:
        raise Invalid("The send time is outside the calendar.") from None
