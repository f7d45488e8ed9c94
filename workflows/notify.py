"""Notify people: one Notification per user and channel."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Channel,
    LetterName,
    MailingList,
    Message,
    ModerationRequest,
    Notification,
    NotificationState,
    Right,
    User,
)
from models.clock import now

OTHER = {Channel.EMAIL: Channel.SMS, Channel.SMS: Channel.EMAIL}


def notify(
    session: Session,
    people: Iterable[User],
    letter: LetterName,
    *,
    message: Message | None = None,
    request: ModerationRequest | None = None,
    channels: Sequence[Channel] = (),
    due_at: datetime | None = None,
    **detail: Any,
) -> None:
    """Add a Notification per user and channel: `channels`, or those that the user chose.

    It is sent at `due_at`, or else at once.
    """
    session.add_all(
        Notification(
            letter=letter,
            channel=channel,
            user=user,
            message=message,
            request=request,
            detail=detail,
            due_at=due_at or now(),
        )
        for user in people
        if not user.disabled_at
        for channel in channels or user.channels
    )


def notify_administrators(
    session: Session,
    letter: LetterName,
    *,
    of: Right = Right.EDIT_USERS,
    on: MailingList | None = None,
    **detail: Any,
) -> None:
    """Notify every user with the right `of`, everywhere or on the list `on`."""
    notify(session, administrators(session, of=of, on=on), letter, **detail)


def administrators(
    session: Session, *, of: Right = Right.EDIT_USERS, on: MailingList | None = None
) -> Sequence[User]:
    """Return every enabled user with the right `of`, everywhere or on the list `on`."""
    able = User.able(of, on.id if on else None)
    return session.scalars(select(User).where(able).order_by(User.id)).all()


def try_other_channel(session: Session, failed: Notification) -> None:
    """Repeat a letter that failed for good over the user's other channel, unless it went there."""
    user, other = failed.user, OTHER[failed.channel]
    if failed.letter is LetterName.PROOF:
        return  # an SMS cannot show a mail as it will be sent
    if "instead_of" in failed.detail:
        return  # the digest has failed over the other channel before
    if failed.link_id is not None:
        return  # an account link goes to the address it was requested for, and nowhere else
    if other is Channel.SMS and (not user.phone or user.sms_stopped_at):
        return
    twin = select(Notification.id).where(
        Notification.user_id == user.id,
        Notification.letter == failed.letter,
        Notification.message_id.is_not_distinct_from(failed.message_id),
        Notification.request_id.is_not_distinct_from(failed.request_id),
        Notification.detail == failed.detail,
        Notification.channel == other,
        # Each digest has other requests than the earlier ones.
        Notification.letter != LetterName.DIGEST,
    )
    if session.scalar(twin.limit(1)) is None:
        session.add(
            Notification(
                letter=failed.letter,
                channel=other,
                user=user,
                message=failed.message,
                request=failed.request,
                detail=failed.detail | in_place_of(failed),
            )
        )


def in_place_of(failed: Notification) -> dict[str, int]:
    """Return the detail of a digest that repeats another one, whose requests it names."""
    return {"instead_of": failed.id} if failed.letter is LetterName.DIGEST else {}


def lock_by_provider_id(session: Session, provider_id: str) -> Notification | None:
    """Return the notification that the provider calls so, locked, or None."""
    return session.scalar(
        select(Notification).where(Notification.provider_id == provider_id).with_for_update()
    )


def report(session: Session, notification: Notification, *, delivered: bool, why: str = "") -> None:
    """Record the channel's delivery report about a letter that it had accepted.

    Reports come late, twice and out of order: one that the letter's state no longer allows is
    ignored.
    """
    if notification.state is not NotificationState.SENT:
        return
    if delivered:
        notification.move(NotificationState.DELIVERED)
        return
    notification.move(NotificationState.FAILED)
    notification.failure = why
    try_other_channel(session, notification)
