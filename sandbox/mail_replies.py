"""Writes replies as a mail program does, and hands them to the house."""

import re
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime, localtime, make_msgid
from html import unescape
from typing import Self
from urllib.parse import unquote, urlsplit

PATIENCE = 20.0  # seconds for the house to take a mail
DOMAIN = "sandbox.example"  # of a Message-ID; the name service is not asked for our own


@dataclass(frozen=True)
class Reply:
    """What stands in the window of a mail program before one presses Send."""

    to: str
    subject: str
    text: str
    in_reply_to: str = ""
    references: str = ""

    @classmethod
    def to_mail(cls, mail: EmailMessage) -> Self:
        """Addressed, threaded (RFC 5322, 3.6.4), and with the letter quoted below."""
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
        """What a mail program makes of a mailto: link, where + is no space (RFC 6068)."""
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
        """The mail.  Raises ValueError if nobody would get it."""
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


def hand_over(message: EmailMessage, *, lmtp: str) -> None:
    """Give a mail to the house, at host:port.  Raises OSError with what the house says."""
    host, _, port = lmtp.rpartition(":")
    try:
        with smtplib.LMTP(host, int(port), local_hostname="localhost", timeout=PATIENCE) as house:
            house.send_message(message, from_addr=str(message["From"]))
    except smtplib.SMTPRecipientsRefused as no:
        code, words = next(iter(no.recipients.values()))
        raise OSError(f"{code} {words.decode(errors='replace')}") from None


def words_of(mail: EmailMessage) -> str:
    """The text of a mail, or what is left of its HTML without the tags."""
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    words = content_of(part)
    return (
        words if part.get_content_subtype() == "plain" else unescape(re.sub("<[^>]*>", "", words))
    )


def content_of(part: MIMEPart) -> str:
    """A text part, whatever it says of its own charset."""
    try:
        return str(part.get_content())
    except LookupError:
        raw = part.get_payload(decode=True)
        return raw.decode("latin-1") if isinstance(raw, bytes) else ""


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """A text cut into links and what is between them: (text, link or "")."""
    for number, piece in enumerate(
        re.split(r"((?:mailto:|https?://)[^\s<>\"]*[^\s<>\".,;:!?)])", text)
    ):
        if piece:
            yield piece, piece if number % 2 else ""
