"""Act on mail that came back: bounces of letters and copies, and complaints about copies."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Delivery,
    Dispatch,
    Door,
    InboundMail,
    Message,
    Notification,
    User,
)
from notifications.automatic.bounces import Action, Bounce, read_bounce
from notifications.automatic.complaints import Complaint, read_complaint
from workflows.inbound.return_paths import find_returned
from workflows.inbound.stored_mail import delivered_before
from workflows.notify import report
from workflows.subscriptions.subscribe import leave
from workflows.subscriptions.suspend import Returned, count_bounce

UNMATCHED: Final = "ignored: a bounce without a known token"


def handle_returned(session: Session, mail: InboundMail, *, bounce_days: int) -> str | None:
    """Act on a bounce or a complaint and return what was done; None for any other mail.

    A subscription is suspended after hard bounces on `bounce_days` different days.
    """
    if complaint := read_complaint(mail.raw):
        return complained(session, mail, complaint)
    returned = find_returned(session, mail.envelope_recipient)
    # Only mail servers send with an empty envelope sender (RFC 5321, 4.5.5), so anything else that
    # looks like a bounce may be forged.
    bounce = None if mail.envelope_sender else read_bounce(mail.raw)
    if bounce is None:
        # An absence note, or a person who answered to the wrong address.
        return "ignored: mail to a return path" if returned else None
    if returned is None:
        return UNMATCHED
    if isinstance(returned, Notification):
        return letter_returned(session, returned, bounce)
    return copy_returned(session, *returned, bounce, bounce_days=bounce_days)


def letter_returned(session: Session, letter: Notification, bounce: Bounce) -> str:
    """Record the bounce of a letter; after a failure try the user's other channel."""
    if bounce.action is Action.FAILED:
        report(session, letter, delivered=False, why=f"bounced ({bounce.status})")
    return f"bounce of letter {letter.id}"


def copy_returned(
    session: Session, message: Message, user: User, bounce: Bounce, *, bounce_days: int
) -> str:
    """Count the bounce of a person's copy."""
    if not was_sent_to_address(session, message, user):
        return f"ignored: a bounce of message {message.id} from another address than today's"
    returned = Returned(bounce.status, bounce.is_hard)
    if not count_bounce(session, user, message, returned, limit=bounce_days):
        return f"ignored: a bounce of message {message.id} that is known or matters no more"
    kind = "hard" if bounce.is_hard else "soft"
    return f"{kind} bounce of message {message.id} to user {user.id}"


def was_sent_to_address(session: Session, message: Message, user: User) -> bool:
    """Return whether a copy went to the address that the person has now."""
    sent = (
        select(Delivery.id)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .where(
            Dispatch.message_id == (message.variant_of_id or message.id),
            Delivery.address == user.address,
        )
    )
    return session.scalar(sent.limit(1)) is not None


def complained(session: Session, mail: InboundMail, complaint: Complaint) -> str:
    """Unsubscribe the person who complained, from a closed list too.

    Who goes on writing to them is soon refused by their provider, with all its users.
    """
    if not complaint.is_unwanted:
        return f"ignored: feedback of another kind ({complaint.kind[:40]})"
    if delivered_before(session, mail):
        return "repeated"
    for address in (mail.envelope_recipient, *complaint.return_paths):
        match find_returned(session, address):
            case (Message() as message, User() as user):
                actor = Actor(user, Door.COMPLAINT)
                left = leave(session, user, message.mailing_list, actor=actor)
                done = "unsubscribed" if left else "not subscribed any more"
                return f"complaint about message {message.id}: user {user.id} {done}"
            case Notification() as letter:
                return f"ignored: a complaint about letter {letter.id}"
    return "ignored: a complaint without a known token"
