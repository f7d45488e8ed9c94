"""Mails to a reply address, and the letters that answer them."""

from email.message import EmailMessage
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ApproverKeys, InboundMail, LetterName, ModerationRequest, Notification
from notifications.letters.keys import hashed
from tests.builders import Cast, a_request
from tests.letter_context import KEYS
from workflows.inbound import mail, stored_mail

OURS: Final = frozenset({"listgate@example.org", "moderation@lists.example.org"})


def a_request_with_letters(session: Session, people: Cast) -> ModerationRequest:
    """An open request whose reply addresses are known."""
    request = a_request(session, people)
    for one in request.approver_keys:
        one.reply_hash = hashed(KEYS.reply_token(one.id))
    return request


def a_reply(text: str, *, by: str = "Grace Hopper <grace@example.org>", **headers: str) -> bytes:
    """A mail that a person writes back."""
    reply = EmailMessage()
    reply["From"] = by
    reply["Subject"] = "Re: To approve: General assembly"
    for name, value in headers.items():
        reply[name.replace("_", "-")] = value
    reply.set_content(text)
    return reply.as_bytes()


def receive(session: Session, request: ModerationRequest, raw: bytes, **given: str) -> InboundMail:
    """The mail, handled, as if it came for Grace's reply address."""
    keys: ApproverKeys = request.approver_keys[0]
    token = given.get("token", KEYS.reply_token(keys.id))
    kept = stored_mail.save(
        session,
        raw,
        sender=given.get("sender", "grace@example.org"),
        recipient=f"moderation+{token}@lists.example.org",
    )
    session.flush()
    mail.handle(session, kept, own_addresses=OURS, keys=KEYS)
    return kept


def letters(session: Session) -> list[LetterName]:
    """The letters besides the questions, in order."""
    rows = session.scalars(select(Notification).order_by(Notification.id))
    return [row.letter for row in rows if row.letter is not LetterName.MODERATE]
