"""Inbound mail as it was stored: save, find, and retry.

The pipe of a mail server imports this module, not the reading of replies.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import InboundMail, InboundMailState, Unknown
from models.clock import now


def save(session: Session, raw: bytes, *, sender: str, recipient: str) -> InboundMail:
    """Save a mail as it came; once this is committed, the sender's server may delete it."""
    mail = InboundMail(raw=raw, envelope_sender=sender, envelope_recipient=recipient)
    session.add(mail)
    return mail


def retry(mail: InboundMail) -> None:
    """Handle a stuck mail again; raise IllegalTransition if it is not stuck."""
    mail.move(InboundMailState.RECEIVED)
    mail.postpone(now())


def mail_by_id(session: Session, mail_id: int) -> InboundMail:
    """Return the mail with this id; raise Unknown."""
    mail = session.get(InboundMail, mail_id)
    if mail is None:
        raise Unknown("There is no mail %(number)d.", number=mail_id)
    return mail


def stuck_mail(session: Session) -> Sequence[InboundMail]:
    """Return the mail that could not be processed, oldest first."""
    return session.scalars(
        select(InboundMail)
        .where(InboundMail.state == InboundMailState.STUCK)
        .order_by(InboundMail.id)
    ).all()
