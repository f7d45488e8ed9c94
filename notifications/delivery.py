"""Send one letter, and write down what became of it."""

from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.orm import Session

from models import Act, Door, Notification, NotificationState, record
from models.clock import now
from notifications.channel import NotDelivered
from notifications.composition import compose
from notifications.letters import LETTERS
from notifications.mailer import Mailer
from notifications.retry import AWAY, next_attempt

log = structlog.get_logger()


def deliver(session: Session, notification: Notification, mailer: Mailer) -> None:
    """Send the letter, unless it is not due or events have overtaken it."""
    if notification.due_at > now():
        return
    if LETTERS[notification.letter].moot(notification):
        notification.move(NotificationState.MOOT)
        return
    content = compose(notification, mailer)
    try:
        with mailer.relay.connect() as connection:
            recipient = notification.user.address
            offer(
                session,
                notification,
                lambda: connection.send(
                    content, sender=mailer.envelope_sender, recipient=recipient
                ),
            )
    except NotDelivered as failure:
        # Only the connection itself raises here, and that says nothing about the letter.
        log.warning("relay away", notification=notification.id, reason=str(failure))
        notification.failure = failure.answer or str(failure)
        notification.postpone(now() + AWAY)


def offer(session: Session, notification: Notification, send: Callable[[], None]) -> None:
    """Hand the letter to the channel, and move the notification accordingly."""
    notification.attempts += 1
    try:
        send()
    except NotDelivered as failure:
        notification.failure = failure.answer or str(failure)
        again_at = None if failure.permanent else next_attempt(notification.attempts)
        if again_at is None:
            notification.move(NotificationState.FAILED)
            note(session, Act.NOT_NOTIFIED, notification, reason=str(failure))
        else:
            notification.postpone(again_at)
    else:
        notification.move(NotificationState.SENT)
        notification.sent_at = now()
        note(session, Act.NOTIFIED, notification)


def note(session: Session, act: Act, notification: Notification, **detail: Any) -> None:
    """Put into the audit trail whom the system told, or could not tell."""
    record(
        session,
        act,
        by=None,
        via=Door.SYSTEM,
        user=notification.user.name,
        letter=notification.letter.value,
        channel=notification.channel.value,
        **detail,
        **notification.message.place,
    )
