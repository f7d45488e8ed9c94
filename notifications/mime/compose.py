"""Compose a mail from what an author typed into a form, and read it back from that mail."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from models import User
from notifications.mime.envelope import wire_address
from notifications.mime.mail_header import HEADER_POLICY, mailbox, text_field
from notifications.mime.parse import Attachment, read

# The type that a browser declares for a file (RFC 6838, 4.2).  A mail or a multipart would be read
# as parts of this mail, so it is attached as a file of unknown type.
_TYPE = re.compile(
    r"(?!message/|multipart/)[a-z0-9][\w!#$&^.+-]{0,126}/[a-z0-9][\w!#$&^.+-]{0,126}"
)


@dataclass(frozen=True)
class TypedMessage:
    """The fields of the form; an empty one is ""."""

    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment] = ()


def compose_mail(typed: TypedMessage, author: User) -> bytes:
    """Return the mail (RFC 5322, CRLF); the list adds its recipient and date when it is sent."""
    # An address may need more than ASCII only before its @; then the header is UTF-8 (RFC 6532).
    utf8 = not wire_address(author.address).isascii()
    mail = EmailMessage(policy=HEADER_POLICY.clone(utf8=utf8, cte_type="7bit"))
    mail.set_raw("From", mailbox(author.name, author.address))
    mail.set_raw("Subject", text_field(" ".join(typed.subject.split()), "Subject"))
    if typed.text or not typed.html:
        mail.set_content(with_line_end(typed.text))
    if typed.text and typed.html:
        mail.add_alternative(with_line_end(typed.html), subtype="html")
    elif typed.html:
        mail.set_content(with_line_end(typed.html), subtype="html")
    for one in typed.attachments:
        allowed = _TYPE.fullmatch(one.content_type)
        content_type = one.content_type if allowed else "application/octet-stream"
        maintype, _, subtype = content_type.partition("/")
        mail.add_attachment(one.content, maintype, subtype, filename=file_name(one.filename))
    return mail.as_bytes()


def read_typed(raw: bytes) -> TypedMessage:
    """Return what was typed; only for a mail that `compose_mail` has composed."""
    mail = read(raw, limit=len(raw))
    text, html = (each.removesuffix("\n") if each else "" for each in (mail.text, mail.html))
    return TypedMessage(mail.subject, text, html, mail.attachments)


def with_line_end(typed: str) -> str:
    """Return the text with LF and one line end more, which `read_typed` removes again.

    The email package would add it only where it is missing.
    """
    return typed.replace("\r\n", "\n").replace("\r", "\n") + "\n"


def file_name(given: str) -> str:
    """Return the name without folders, control characters and marks that reverse the reading."""
    last = given.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in last if one.isprintable()).strip(". ")[-NAME_LENGTH:] or "file"


NAME_LENGTH = 120  # characters, from the end, where the extension is; file systems allow 255 bytes
