"""Replies as a mail program writes them, delivered to Listgate by LMTP."""

import re
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime, localtime, make_msgid
from html import unescape
from typing import Self
from urllib.parse import unquote, urlsplit

TIMEOUT = 20.0  # seconds for Listgate to accept a mail
DOMAIN = "sandbox.example"  # of the Message-ID; a fixed one, so that no DNS look-up is needed


@dataclass(frozen=True)
class Reply:
    """A reply as the window of a mail program shows it before it is sent."""

    to: str
    subject: str
    text: str
    in_reply_to: str = ""
    references: str = ""

    @classmethod
    def to_mail(cls, mail: EmailMessage) -> Self:
        """Return a reply to `mail`, threaded (RFC 5322, 3.6.4) and with the mail quoted below."""
        subject, own_id = str(mail["Subject"] or ""), str(mail["Message-ID"] or "")
        quoted = "".join(f"> {line}\n" for line in words_of(mail).splitlines())
        return cls(
            to=str(mail["Reply-To"] or mail["From"] or ""),
            subject=subject if subject.casefold().startswith("re:") else f"Re: {subject}",
            text=f"\n\nOn {mail['Date']}, {mail['From']} wrote:\n{quoted}",
            in_reply_to=own_id,
            references=f"{mail['References'] or mail['In-Reply-To'] or ''} {own_id}".strip(),
        )

    @classmethod
    def from_link(cls, mailto: str) -> Self:
        """Return the mail that a mailto: link describes; + is not a space there (RFC 6068)."""
        parts = urlsplit(mailto)
        pairs = (pair.partition("=") for pair in parts.query.split("&"))
        given = {name.lower(): unquote(value) for name, _, value in pairs}
        return cls(
            to=unquote(parts.path),
            subject=given.get("subject", ""),
            text=given.get("body", "").replace("\r\n", "\n"),
            in_reply_to=given.get("in-reply-to", ""),
        )

    def message(self, sender: str) -> EmailMessage:
        """Return the mail, or raise ValueError if it has no recipient."""
        message = EmailMessage()
        message["From"], message["To"] = sender, " ".join(self.to.split())
        message["Subject"] = " ".join(self.subject.split())
        message["Date"] = format_datetime(localtime())
        message["Message-ID"] = make_msgid(domain=DOMAIN)
        if self.in_reply_to:
            message["In-Reply-To"] = self.in_reply_to
        if self.references:
            message["References"] = self.references
        message.set_content(self.text.replace("\r\n", "\n"))
        if not message["To"].addresses:
            raise ValueError("There is no address that it could go to.")
        return message


def deliver(message: EmailMessage, *, lmtp: str, sender: str | None = None) -> None:
    """Deliver a mail to Listgate at host:port; raise OSError with its answer if it refuses.

    Without an envelope sender, it is the address of the From field.
    """
    host, _, port = lmtp.rpartition(":")
    try:
        with smtplib.LMTP(host, int(port), local_hostname="localhost", timeout=TIMEOUT) as server:
            server.send_message(message, from_addr=sender)
    except smtplib.SMTPRecipientsRefused as refused:
        code, answer = next(iter(refused.recipients.values()))
        raise OSError(f"{code} {answer.decode(errors='replace')}") from None


def words_of(mail: EmailMessage) -> str:
    """Return the text of a mail, or its HTML without the tags."""
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    words = content_of(part)
    return (
        words if part.get_content_subtype() == "plain" else unescape(re.sub("<[^>]*>", "", words))
    )


def content_of(part: MIMEPart) -> str:
    """Return the content of a text part, even if its charset is unknown."""
    try:
        return str(part.get_content())
    except LookupError:
        raw = part.get_payload(decode=True)
        return raw.decode("latin-1") if isinstance(raw, bytes) else ""


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """Split a text at its links, into pairs of text and link; the link may be empty."""
    for number, piece in enumerate(
        re.split(r"((?:mailto:|https?://)[^\s<>\"]*[^\s<>\".,;:!?)])", text)
    ):
        if piece:
            yield piece, piece if number % 2 else ""
