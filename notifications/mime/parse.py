"""Read a mail that an author submits, or refuse it with a sentence for the author."""

import dataclasses
import re
from collections import Counter
from dataclasses import dataclass
from email import policy

from models import Amount
from notifications.mime.encoded_words import CONTROL, refuse_hidden_controls
from notifications.mime.envelope import with_crlf
from notifications.mime.header_lines import Field, mailboxes, split_mail
from notifications.mime.mime_parts import (
    FIELD_LIMIT,
    Part,
    Unreadable,
    content_of,
    leaves,
    parts_of,
    text_of,
)

__all__ = ["Attachment", "AuthoredMail", "Unreadable", "read"]

LINE_LIMIT = 998  # bytes without CRLF (RFC 5322, 2.1.1); servers break longer ones, or the mail

# Bytes of a field that is only passed on; Postfix truncates a longer one (its header_size_limit).
LONG_FIELD_LIMIT = 100_000

# Lines of a header, folded ones counted.  A mail that has passed ten servers, with signatures and
# results of filters, has a few hundred; each more costs every program that reads it.
HEADER_LIMIT = 2_000

# RFC 5322 (3.6) and RFC 2045 allow each of them once.  If there are two, one program shows the
# first, another the last, and approvers and members would see different mails.
_ONCE = {
    "date": "Date",
    "from": "From",
    "sender": "Sender",
    "reply-to": "Reply-To",
    "to": "To",
    "cc": "Cc",
    "bcc": "Bcc",
    "message-id": "Message-ID",
    "in-reply-to": "In-Reply-To",
    "references": "References",
    "subject": "Subject",
    "mime-version": "MIME-Version",
}

# Fields that mail programs show; an encoded line break in one could forge another one.
_SHOWN = ("from", "to", "cc", "reply-to", "sender", "subject")

_FIELD_NAME = re.compile(rb"[!-9;-~]+:")  # RFC 5322, 2.2: printable, no space before the colon

_RAW_CONTROL = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")  # all but tab, CR and LF


@dataclass(frozen=True)
class Attachment:
    """A file that comes with a mail, or a picture in its HTML."""

    filename: str  # "" if it has no name
    content_type: str
    size: int  # bytes, once decoded
    content: bytes = dataclasses.field(default=b"", repr=False, compare=False)
    # The id by which HTML shows it as a picture (RFC 2392), without brackets; "" if it has none.
    content_id: str = dataclasses.field(default="", compare=False)


@dataclass(frozen=True)
class AuthoredMail:
    """A mail as a page shows it; every part that is neither `text` nor `html` is an attachment."""

    subject: str  # one line, "" if there is none
    text: str | None
    html: str | None
    attachments: tuple[Attachment, ...]


def read(raw: bytes, *, limit: int) -> AuthoredMail:
    """Read a mail; raise Unreadable unless it is well-formed and has at most `limit` bytes."""
    _refuse_unmailable(raw, limit)
    mail = split_mail(raw)
    _refuse_long_header(len(mail.fields))  # first: the rest takes time for each
    _refuse_malformed_header(mail.fields)
    _refuse_counts_and_lengths(mail.fields)
    _refuse_long_header(sum(field.lines.count(b"\r\n") for field in mail.fields))
    for field in mail.fields:
        if field.name in _SHOWN:
            refuse_hidden_controls(field, _ONCE[field.name])
        if field.name == "from" and not mailboxes(field.value.decode()):
            raise _no_author()
    try:
        return _as_shown(subject_in(mail.fields), parts_of(mail.joined()))
    except Unreadable:
        raise
    except Exception:
        # For some malformed mails the email package raises IndexError, RecursionError and others.
        # They may quote the mail, so they are not chained.
        raise Unreadable("The message is malformed and could not be understood.") from None


def _no_author() -> Unreadable:
    return Unreadable(
        "The From field is not an address such as Ada Lovelace <ada@example.org>. "
        'A name with a comma or an @ sign in it belongs in "quotation marks".'
    )


def _refuse_unmailable(raw: bytes, limit: int) -> None:
    if len(raw) > limit:
        raise Unreadable(
            "The message has %(size)s bytes, and at most %(most)s can be sent. "
            "Please leave something out, or send a link to it.",
            size=Amount(len(raw)),
            most=Amount(limit),
        )
    if not raw.strip():
        raise Unreadable("The message is empty.")
    if b"\0" in raw:
        raise Unreadable("The message contains NUL bytes: it is some other file, not a mail.")
    for number, line in enumerate(with_crlf(raw).split(b"\r\n"), 1):
        if len(line) > LINE_LIMIT:
            raise Unreadable(
                "Line %(line)d is %(size)s bytes long, and mail allows %(most)d. "
                "Please break the line, or send the text as an attachment.",
                line=number,
                size=Amount(len(line)),
                most=LINE_LIMIT,
            )


def _refuse_long_header(lines: int) -> None:
    if lines > HEADER_LIMIT:
        raise Unreadable(
            "The header of the message has more than %(most)s lines.", most=Amount(HEADER_LIMIT)
        )


def _refuse_malformed_header(fields: list[Field]) -> None:
    if not fields:
        raise Unreadable("The message has no header: it has to begin with lines such as From:.")
    for field in fields:
        if not _FIELD_NAME.match(field.lines):
            raise Unreadable(
                "Line %(line)d is not a header field, with a name and a colon. "
                "Between the header and the text there has to be an empty line.",
                line=field.number,
            )
        if _RAW_CONTROL.search(field.lines):
            raise Unreadable(
                "Line %(line)d, in the header, contains a control character.", line=field.number
            )
        if not _is_utf8(field.lines):
            raise Unreadable(
                "Line %(line)d, in the header, has characters outside ASCII in an unknown "
                "character set. Please send the message with another mail program.",
                line=field.number,
            )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refuse_counts_and_lengths(fields: list[Field]) -> None:
    counts = Counter(field.name for field in fields)
    for name, shown in _ONCE.items():
        if counts[name] > 1:
            raise Unreadable(
                "The message has %(count)d %(field)s fields and may have one.",
                count=counts[name],
                field=shown,
            )
    if not counts["from"]:
        raise Unreadable("The message has no From field: it does not say who wrote it.")
    for field in fields:
        limit = FIELD_LIMIT if field.name in ("from", "subject") else LONG_FIELD_LIMIT
        if len(field.lines) > limit:
            raise Unreadable(
                "The field in line %(line)d is longer than %(most)s bytes.",
                line=field.number,
                most=Amount(limit),
            )


def subject_in(fields: list[Field]) -> str:
    """Return the decoded subject in one line; "" if there is none."""
    encoded = next((field.value for field in fields if field.name == "subject"), b"")
    subject = str(policy.default.header_factory("Subject", encoded.decode()))
    if CONTROL.search(subject):
        raise Unreadable("The Subject field contains a hidden control character.")
    return re.sub(r"[ \t]+", " ", subject).strip(" ")


def _as_shown(subject: str, root: Part) -> AuthoredMail:
    text, html = root.get_body(("plain",)), root.get_body(("html",))
    rest = [part for part in leaves(root) if part is not text and part is not html]
    for part in rest:
        # A recipient's program may show it below the body, so it has to be readable too.
        if part.get_content_maintype() == "text" and not part.is_attachment():
            text_of(part)
    return AuthoredMail(
        subject=subject,
        text=text_of(text) if isinstance(text, Part) else None,
        html=text_of(html) if isinstance(html, Part) else None,
        attachments=tuple(map(_attachment, rest)),
    )


def _attachment(part: Part) -> Attachment:
    name = str(policy.default.header_factory("Subject", part.get_filename("")))
    content, content_id = content_of(part), str(part.get("content-id", "")).strip().strip("<>")
    named = CONTROL.sub("\ufffd", name)
    return Attachment(named, part.declared_type, len(content), content, content_id)
