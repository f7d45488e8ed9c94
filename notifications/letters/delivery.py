"""Send one letter over its channel, and write down what became of it."""

from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.orm import Session

from models import Act, Actor, Channel, Notification, NotificationState, record
from models.clock import now
from notifications.channel import Away, NotDelivered
from notifications.letters.composition import compose, words
from notifications.letters.context import Voice
from notifications.letters.letters import LETTERS
from notifications.retry import AWAY, UNHEARD, next_attempt
from notifications.sms.twilio import OptedOut

log = structlog.get_logger()


def deliver(session: Session, notification: Notification, voice: Voice) -> bool:
    """Send the letter, unless it is not due or events have overtaken it.

    Returns False if it failed for good, so that the person may be told in another way.
    """
    if notification.due_at > now():
        return True
    if notification.user.disabled_at or LETTERS[notification.letter].moot(notification):
        notification.move(NotificationState.MOOT)
        return True
    try:
        notification.provider_id = SEND_BY[notification.channel](notification, voice)
    except NotDelivered as failure:
        return put_off(session, notification, failure)
    notification.attempts += 1
    notification.failure = None
    notification.move(NotificationState.SENT)
    notification.sent_at = now()
    note(session, Act.NOTIFIED, notification)
    return True


def by_email(notification: Notification, voice: Voice) -> None:
    """Hand the letter to the mail relay."""
    content, recipient = compose(notification, voice), notification.address
    with voice.mailer.relay.connect() as connection:
        connection.send(content, sender=voice.mailer.envelope_sender, recipient=recipient)


def by_sms(notification: Notification, voice: Voice) -> str:
    """Hand the short form to Twilio; returns its name for it.

    Twilio knows no idempotency key: what may have been taken before is looked up first, also if an
    earlier bell rang in vain, for its worker may have been killed after Twilio's yes.
    """
    phone, number = voice.phone, notification.user.phone
    if phone is None or number is None:
        raise NotDelivered("No SMS can be sent to this person.", permanent=True)
    text = words(notification, voice).sms
    tried_at = notification.due_at if notification.rings > 1 else None
    return phone.send(text, to=number, not_before=notification.uncertain_since or tried_at)


SEND_BY: dict[Channel, Callable[[Notification, Voice], str | None]] = {
    Channel.EMAIL: by_email,
    Channel.SMS: by_sms,
}


def put_off(session: Session, notification: Notification, failure: NotDelivered) -> bool:
    """Try again later, or give up; returns False if it was given up."""
    log.warning("not delivered", notification=notification.id, reason=str(failure))
    notification.failure = failure.answer or str(failure)
    if isinstance(failure, OptedOut):
        notification.user.sms_stopped_at = now()
    if failure.uncertain and notification.uncertain_since is None:
        notification.uncertain_since = now()
    if isinstance(failure, Away) and not breaks_each_time(notification):
        notification.postpone(now() + AWAY)
        return True
    notification.attempts += 1
    final = failure.permanent or isinstance(failure, Away)
    again_at = None if final else next_attempt(notification.attempts)
    if again_at is not None:
        notification.postpone(again_at)
        return True
    notification.move(NotificationState.FAILED)
    note(session, Act.NOT_NOTIFIED, notification, reason=str(failure))
    return False


def breaks_each_time(notification: Notification) -> bool:
    """Whether Twilio has said neither yes nor no to this SMS for a day: a mail says the same."""
    since = notification.uncertain_since
    return notification.channel is Channel.SMS and since is not None and since < now() - UNHEARD


def note(session: Session, act: Act, notification: Notification, **detail: Any) -> None:
    """Put into the audit trail whom the system told, or could not tell."""
    record(
        session,
        act,
        actor=Actor.system(),
        user=notification.user.name,
        letter=notification.letter.value,
        channel=notification.channel.value,
        **detail,
        **(notification.message.place if notification.message else {}),
    )
