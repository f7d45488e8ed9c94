"""Read which letter a bounce is about, and whether it was refused or delayed (RFC 3464)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import compat32
from enum import StrEnum
from typing import Final

from notifications.automatic.detect import DELAYS, FAILURES, begins_with, decoded_start
from notifications.mime.header_lines import Field, split_mail
from notifications.mime.mime_parts import Part, Unreadable, content_of, leaves
from notifications.replies.parse import READ_LIMIT


class Action(StrEnum):
    """The outcome for the letter; with other actions of RFC 3464 (2.3.3) it is no bounce."""

    FAILED = "failed"
    DELAYED = "delayed"


@dataclass(frozen=True)
class Bounce:
    """A report that a letter did not arrive.

    Anyone can write such a mail: only `message_id` is evidence.
    """

    action: Action
    status: str  # RFC 3463, such as 5.1.1
    message_id: str | None  # <...@...> of the letter; None if the bounce does not name it


# Characters that are searched in a mail without a report; bounces are far shorter.
_SEARCHED: Final = 100_000

_REPORTS: Final = ("message/delivery-status", "message/global-delivery-status")
_RETURNED: Final = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/global",
    "message/global-headers",
    "message/partial",
    "text/rfc822",
)

_STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")
_SMTP_CODE = re.compile(r"(?<![\d.#-])([45])\d\d(?=[ -])")
_MESSAGE_ID = re.compile(r"<[^<>\s@]++@[^<>\s@]++>")
_EACH_LINE = re.IGNORECASE | re.MULTILINE
_FIELD_IN_TEXT = re.compile(r"^[> \t]*Message-ID:\s*(<[^<>\s@]++@[^<>\s@]++>)", _EACH_LINE)

# Fields of a report, and of the bounce, that name the letter if it is not attached.
_ID_FIELDS: Final = ("x-original-message-id", "original-message-id", "in-reply-to", "references")

# qmail has no distinctive subject, and some gateways rewrite every subject.
_BOUNCE_TEXT = re.compile(
    r"this is the qmail-send program|message was created automatically by mail delivery software"
    r"|i'm afraid i wasn't able to deliver your message|user .{1,80} not listed in"
)


def failed_recipient(raw: bytes) -> Bounce | None:
    """Parse a bounce; return None if the mail is not one.  Accepts any bytes; never raises."""
    try:
        start = raw[:READ_LIMIT]
        root = BytesParser(Part, policy=compat32).parsebytes(start)
        assert isinstance(root, Part)
        fields = split_mail(start).fields
        parts = leaves(root)
        reports = [_text(part) for part in parts if part.declared_type in _REPORTS]
        if reports:
            return _from_report("\n\n".join(reports), fields, parts)
        return _from_text(fields, parts)
    except Exception:  # Unreadable, and nearly any exception of the email package
        return None


def _text(part: Part) -> str:
    try:
        return content_of(part).decode("utf-8", "replace")
    except Unreadable:
        return ""


def _from_report(report: str, fields: list[Field], parts: list[Part]) -> Bounce | None:
    """Return the worst outcome reported: each of our letters has one recipient."""
    blocks = [_fields_of(block.encode()) for block in re.split(r"\r?\n(?:\r?\n)+", report.strip())]
    for action in Action:
        for block in blocks:
            if block.get("action", "").partition(";")[0].split("(")[0].strip().lower() == action:
                codes = f"{block.get('status', '')} {block.get('diagnostic-code', '')}"
                headers = [block, *blocks, _as_dict(fields)]
                return Bounce(action, _status(codes, action), _message_id(parts, headers))
    return None


def _fields_of(block: bytes) -> dict[str, str]:
    return _as_dict(split_mail(block).fields)


def _as_dict(fields: list[Field]) -> dict[str, str]:
    return {field.name: field.value.decode("utf-8", "replace") for field in reversed(fields)}


def _status(text: str, action: Action) -> str:
    found = _STATUS.search(text)
    if found:
        return found[0]
    code = _SMTP_CODE.search(text)
    return f"{code[1]}.0.0" if code else {Action.FAILED: "5.0.0", Action.DELAYED: "4.0.0"}[action]


def _message_id(parts: list[Part], headers: list[dict[str, str]]) -> str | None:
    for part in parts:
        if part.declared_type in _RETURNED:
            returned = _fields_of(_text(part).lstrip().encode())
            found = _MESSAGE_ID.search(returned.get("message-id", ""))
            if found:
                return found[0]
    values = [fields[name] for fields in headers for name in _ID_FIELDS if name in fields]
    return next((found[0] for value in values if (found := _MESSAGE_ID.search(value))), None)


def _from_text(fields: list[Field], parts: list[Part]) -> Bounce | None:
    """Read the bounce of a server that writes no report, or whose report a gateway dropped."""
    header = _as_dict(fields)
    subject = decoded_start(header.get("subject", ""))
    text = "\n".join(_texts(parts))[:_SEARCHED]
    delayed = begins_with(subject, DELAYS)
    is_bounce = delayed or begins_with(subject, FAILURES) or "x-failed-recipients" in header
    if not is_bounce and not _BOUNCE_TEXT.search(text[:2_000].lower()):
        return None
    action = Action.DELAYED if delayed else Action.FAILED
    quoted = _FIELD_IN_TEXT.search(text)
    letter = _message_id(parts, [header]) if quoted is None else quoted[1]
    return Bounce(action, _status(text, action), letter)


def _texts(parts: list[Part]) -> Iterator[str]:
    return (_text(part) for part in parts if part.get_content_maintype() == "text")
