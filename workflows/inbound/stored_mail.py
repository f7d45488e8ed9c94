"""Inbound mail as it was stored: save, find, and retry.

The pipe of a mail server imports this module, not the reading of replies.
"""

import re
from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import InboundMail, InboundMailState, Unknown
from models.clock import now

HEADER_LIMIT = 1_000_000  # bytes
HEADER_END = re.compile(rb"\r?\n\r?\n")
MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


def save(session: Session, raw: bytes, *, sender: str, recipient: str) -> InboundMail:
    """Save a mail as it came; once this is committed, the sender's server may delete it."""
    mail = InboundMail(
        raw=raw,
        envelope_sender=sender,
        envelope_recipient=recipient,
        fingerprint=fingerprint(raw),
    )
    session.add(mail)
    return mail


def fingerprint(raw: bytes) -> str:
    """Return the SHA-256 of the Message-ID, or of the whole mail if there is none."""
    header = HEADER_END.split(raw[:HEADER_LIMIT], maxsplit=1)[0]
    message_id = MESSAGE_ID.search(header)
    return sha256(message_id[1] if message_id else raw).hexdigest()


def delivered_before(session: Session, mail: InboundMail) -> bool:
    """Return whether this mail came before: a server delivers it again if our 250 was lost."""
    earlier = select(InboundMail.id).where(
        InboundMail.fingerprint == mail.fingerprint,
        InboundMail.envelope_recipient == mail.envelope_recipient,
        InboundMail.id < mail.id,
    )
    return session.scalar(select(earlier.exists())) or False


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
