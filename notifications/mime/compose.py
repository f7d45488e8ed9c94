"""Makes a mail of what an author typed into a form, and finds it again in that mail."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from models import User
from notifications.mime.envelope import wire_address
from notifications.mime.mail_header import HEADER_POLICY, mailbox, worded
from notifications.mime.parse import Attachment, read

# What a browser says of a file (RFC 6838, 4.2).  A mail or a multipart would be read as parts of
# this mail, so it goes as a mere file.
_TYPE = re.compile(
    r"(?!message/|multipart/)[a-z0-9][\w!#$&^.+-]{0,126}/[a-z0-9][\w!#$&^.+-]{0,126}"
)


@dataclass(frozen=True)
class Typed:
    """What an author typed; what was left empty is ""."""

    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment] = ()


def composed(typed: Typed, author: User) -> bytes:
    """The mail (RFC 5322, CRLF); who gets it, and when it was sent, the list's heading adds."""
    # Only before its @ may an address need more than ASCII, and then the whole header (RFC 6532).
    utf8 = not wire_address(author.address).isascii()
    mail = EmailMessage(policy=HEADER_POLICY.clone(utf8=utf8, cte_type="7bit"))
    mail.set_raw("From", mailbox(author.name, author.address))
    mail.set_raw("Subject", worded(" ".join(typed.subject.split()), "Subject"))
    if typed.text or not typed.html:
        mail.set_content(one_more_line(typed.text))
    if typed.text and typed.html:
        mail.add_alternative(one_more_line(typed.html), subtype="html")
    elif typed.html:
        mail.set_content(one_more_line(typed.html), subtype="html")
    for one in typed.attachments:
        known = (
            one.content_type if _TYPE.fullmatch(one.content_type) else "application/octet-stream"
        )
        maintype, _, subtype = known.partition("/")
        mail.add_attachment(one.content, maintype, subtype, filename=file_name(one.filename))
    return mail.as_bytes()


def typed_in(raw: bytes) -> Typed:
    """What was typed; only for a mail that `composed` has made."""
    mail = read(raw, limit=len(raw))
    text, html = (each.removesuffix("\n") if each else "" for each in (mail.text, mail.html))
    return Typed(mail.subject, text, html, mail.attachments)


def one_more_line(typed: str) -> str:
    """The email package ends each text with a line end; ours is taken away again when reading."""
    return typed.replace("\r\n", "\n").replace("\r", "\n") + "\n"


def file_name(given: str) -> str:
    """The name without folders, control characters and marks that have it read backwards."""
    last = given.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in last if one.isprintable()).strip(". ")[-NAME_LENGTH:] or "file"


NAME_LENGTH = 120  # characters; file systems end at 255 bytes, and the extension is at the end
