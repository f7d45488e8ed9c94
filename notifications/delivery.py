"""Send one letter, and write down what became of it."""

from typing import Any

import structlog
from sqlalchemy.orm import Session

from models import Act, Door, Notification, NotificationState, record
from models.clock import now
from notifications.channel import Away, NotDelivered
from notifications.composition import compose
from notifications.letters import LETTERS
from notifications.mailer import Mailer
from notifications.retry import AWAY, next_attempt

log = structlog.get_logger()


def deliver(session: Session, notification: Notification, mailer: Mailer) -> None:
    """Send the letter, unless it is not due or events have overtaken it."""
    if notification.due_at > now():
        return
    if notification.user.disabled_at or LETTERS[notification.letter].moot(notification):
        notification.move(NotificationState.MOOT)
        return
    content, recipient = compose(notification, mailer), notification.user.address
    try:
        with mailer.relay.connect() as connection:
            connection.send(content, sender=mailer.envelope_sender, recipient=recipient)
    except NotDelivered as failure:
        put_off(session, notification, failure)
    else:
        notification.attempts += 1
        notification.failure = None
        notification.move(NotificationState.SENT)
        notification.sent_at = now()
        note(session, Act.NOTIFIED, notification)


def put_off(session: Session, notification: Notification, failure: NotDelivered) -> None:
    """Try again later, or give up."""
    log.warning("not delivered", notification=notification.id, reason=str(failure))
    notification.failure = failure.answer or str(failure)
    if isinstance(failure, Away):
        notification.postpone(now() + AWAY)
        return
    notification.attempts += 1
    again_at = None if failure.permanent else next_attempt(notification.attempts)
    if again_at is not None:
        notification.postpone(again_at)
        return
    notification.move(NotificationState.FAILED)
    note(session, Act.NOT_NOTIFIED, notification, reason=str(failure))


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
