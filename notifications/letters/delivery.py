"""Send one letter over its channel, and record the outcome."""

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session, object_session

from models import (
    Act,
    Actor,
    Channel,
    Installation,
    Notification,
    NotificationState,
    record,
)
from models.clock import now
from notifications.channel import NotDelivered, Unavailable
from notifications.letters.composition import compose, render
from notifications.letters.context import LetterContext
from notifications.letters.letters import LETTERS
from notifications.retry import SMS_FALLBACK_AFTER, UNAVAILABLE_DELAY, next_attempt
from notifications.sms.twilio import OptedOut

log = logging.getLogger(__name__)


def deliver(session: Session, notification: Notification, context: LetterContext) -> bool:
    """Send the letter if it is due and not moot.

    Return False if it has failed for good, so that another channel can be tried.
    """
    if notification.due_at > now():
        return True
    if is_moot(notification):
        notification.move(NotificationState.MOOT)
        return True
    try:
        notification.provider_id = SEND_BY[notification.channel](notification, context)
    except NotDelivered as failure:
        return retry_or_fail(session, notification, failure)
    notification.attempts += 1
    notification.failure = None
    notification.move(NotificationState.SENT)
    notification.sent_at = now()
    record_outcome(session, Act.NOTIFIED, notification)
    return True


def is_moot(notification: Notification) -> bool:
    """Whether the letter need not be sent any more."""
    disabled = notification.user.disabled_at is not None
    return disabled or LETTERS[notification.letter].moot(notification)


def send_email(notification: Notification, context: LetterContext) -> None:
    """Send the letter through the mail relay."""
    sender = return_path(notification, context)
    context.mailer.send_letter(
        compose(notification, context), sender=sender, recipient=notification.address
    )


def return_path(notification: Notification, context: LetterContext) -> str:
    """Return the envelope sender, to which nothing but a bounce of this letter comes back."""
    session = object_session(notification)
    assert session is not None
    paths = context.mailer.return_paths(session.get_one(Installation, True).token_key)
    return paths.of_letter(notification.id, notification.mark)


def send_sms(notification: Notification, context: LetterContext) -> str:
    """Send the short form through Twilio; return its MessageSid.

    Twilio has no idempotency key.  So an SMS that it may have taken is looked up first: after an
    uncertain answer, and when an earlier worker was asked to send it and may have been killed.
    """
    twilio, number = context.twilio, notification.user.phone
    if twilio is None or number is None:
        raise NotDelivered("No SMS can be sent to this person.", permanent=True)
    text = render(notification, context).sms
    tried_at = notification.due_at if notification.publications > 1 else None
    return twilio.send(text, to=number, not_before=notification.uncertain_since or tried_at)


SEND_BY: dict[Channel, Callable[[Notification, LetterContext], str | None]] = {
    Channel.EMAIL: send_email,
    Channel.SMS: send_sms,
}


def retry_or_fail(session: Session, notification: Notification, failure: NotDelivered) -> bool:
    """Schedule the next attempt and return True, or fail the letter and return False."""
    log.warning("not delivered", extra={"notification": notification.id, "reason": str(failure)})
    notification.failure = failure.answer or str(failure)
    if isinstance(failure, OptedOut):
        notification.user.sms_stopped_at = now()
    if failure.uncertain and notification.uncertain_since is None:
        notification.uncertain_since = now()
    if isinstance(failure, Unavailable) and not sms_uncertain_too_long(notification):
        notification.postpone(now() + UNAVAILABLE_DELAY)
        return True
    notification.attempts += 1
    final = failure.permanent or isinstance(failure, Unavailable)
    again_at = None if final else next_attempt(notification.attempts)
    if again_at is not None:
        notification.postpone(again_at)
        return True
    notification.move(NotificationState.FAILED)
    record_outcome(session, Act.NOT_NOTIFIED, notification, reason=str(failure))
    return False


def sms_uncertain_too_long(notification: Notification) -> bool:
    """Tell whether an SMS has been uncertain for a day: an e-mail takes its place."""
    since = notification.uncertain_since
    if notification.channel is not Channel.SMS or since is None:
        return False
    return since < now() - SMS_FALLBACK_AFTER


def record_outcome(session: Session, act: Act, notification: Notification, **detail: Any) -> None:
    """Write to the audit log whom the system has notified, or could not notify."""
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
