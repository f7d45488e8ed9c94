"""Write a message, and hand it in: straight to its schedule, or to the approvers."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Door,
    Invalid,
    MailingList,
    Message,
    MessageState,
    ModerationRequest,
    RequestState,
    Right,
    Trespass,
    Unknown,
    User,
    record,
)
from models.clock import now
from notifications.authored import Unreadable, read
from workflows.dispatch import release
from workflows.moderation import request_approval
from workflows.people import require

# A time that lies further back than this is a mistake of the year or zone, not a slow approver.
PAST_TOLERANCE = timedelta(hours=1)


def write(
    session: Session,
    author: User,
    mailing_list: MailingList,
    *,
    raw: bytes,
    max_bytes: int,
    via: Door,
    send_at: datetime | None = None,
) -> Message:
    """Keep a draft, byte for byte as it was given (RFC 5322).

    Raises Invalid for what cannot be read or a time that cannot be meant, Trespass for setting a
    time without the right to.
    """
    if send_at is not None:
        require(author, Right.SCHEDULE_SENDOUT, via, list_id=mailing_list.id)
        require_sensible(send_at)
    try:
        subject = read(raw, limit=max_bytes).subject
    except Unreadable as wrong:
        raise Invalid(str(wrong)) from None
    message = Message(
        author=author,
        mailing_list=mailing_list,
        raw=raw,
        size=len(raw),
        subject=subject,
        send_at=send_at,
    )
    session.add(message)
    session.flush()
    record(session, Act.WROTE, by=author, via=via, message_id=message.id, list_id=mailing_list.id)
    return message


def hand_in(session: Session, message: Message, author: User, *, via: Door) -> None:
    """Release the message if its author may send (Right 601), else ask for approval."""
    if author.may(Right.SEND_MESSAGES):
        release(session, message, author, via=via)
    else:
        request_approval(session, message, author, via=via)


def message_by_id(session: Session, message_id: int) -> Message:
    """The message with this number; raises Unknown."""
    message = session.get(Message, message_id)
    if message is None:
        raise Unknown(f"There is no message {message_id}.")
    return message


def require_reader(session: Session, message: Message, user: User, *, via: Door) -> None:
    """Raise Trespass unless `user` may read the message.

    Its author may, whoever may answer about it now, and, once it is more than a draft, everybody
    with the right to see the outbox.
    """
    if user.id == message.author_id:
        return
    if user.may(Right.VIEW_OUTBOX) and message.state is not MessageState.DRAFT:
        return
    open_request = select(ModerationRequest).where(
        ModerationRequest.message_id == message.id, ModerationRequest.state == RequestState.OPEN
    )
    request = session.scalar(open_request)
    if request is None or user not in request.approvers():
        raise Trespass(
            "%(user)s may not read message %(number)d.",
            user=user,
            number=message.id,
            by_id=user.id,
            via=via,
            **message.place,
        )


def require_sensible(send_at: datetime) -> None:
    """Raise Invalid for a time without a zone, or one that lies far in the past."""
    if send_at.tzinfo is None:
        raise Invalid("The time to send at needs a zone, as in 2027-01-31T09:00+01:00.")
    if send_at < now() - PAST_TOLERANCE:
        raise Invalid(f"The time to send at lies in the past: {send_at.isoformat()}.")
    try:
        # At the ends of the calendar a time has no neighbour in another zone.
        send_at.astimezone(UTC) + timedelta(days=1), send_at.astimezone(UTC) - timedelta(days=1)
    except OverflowError:
        raise Invalid("The time to send at lies outside of the calendar.") from None
