"""Reads which letter a bounce is about, and whether it will still arrive (RFC 3464)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import compat32
from enum import StrEnum
from typing import Final

from notifications.automatic.detect import DELAYS, FAILURES, begins_with, decoded_start
from notifications.mime.header_lines import Field, take_apart
from notifications.mime.mime_parts import Part, Unreadable, content_of, leaves
from notifications.replies.reply_body import READ_LIMIT


class Action(StrEnum):
    """What became of the letter; other actions of RFC 3464 (2.3.3) are no bounce."""

    FAILED = "failed"
    DELAYED = "delayed"


@dataclass(frozen=True)
class Bounce:
    """A letter did not arrive.  Anybody can write such a mail: only `message_id` is evidence."""

    action: Action
    status: str  # RFC 3463, such as 5.1.1
    message_id: str | None  # <...@...> of the letter, None if the bounce does not tell


# Of a mail without a report; DSNs and the words around them are far shorter.
_LOOK: Final = 100_000

_REPORTS: Final = ("message/delivery-status", "message/global-delivery-status")
_RETURNED: Final = (
    *("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"),
    *("message/partial", "text/rfc822"),
)

_STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")
_SMTP_CODE = re.compile(r"(?<![\d.#-])([45])\d\d(?=[ -])")
_MESSAGE_ID = re.compile(r"<[^<>\s@]++@[^<>\s@]++>")
_EACH_LINE = re.IGNORECASE | re.MULTILINE
_FIELD_IN_TEXT = re.compile(r"^[> \t]*Message-ID:\s*(<[^<>\s@]++@[^<>\s@]++>)", _EACH_LINE)

# Fields of a report, and of the bounce itself, that name the letter when it was not returned.
_NAMING: Final = ("x-original-message-id", "original-message-id", "in-reply-to", "references")

# qmail has no subject of its own that would tell, and some gateways rewrite all of them.
_CONFESSION = re.compile(
    r"this is the qmail-send program|message was created automatically by mail delivery software"
    r"|i'm afraid i wasn't able to deliver your message|user .{1,80} not listed in"
)


def failed_recipient(raw: bytes) -> Bounce | None:
    """What a bounce says, or None if it is none.  Any bytes; never raises."""
    try:
        start = raw[:READ_LIMIT]
        root = BytesParser(Part, policy=compat32).parsebytes(start)
        assert isinstance(root, Part)
        fields = take_apart(start).fields
        parts = leaves(root)
        reports = [_text(part) for part in parts if part.declared_type in _REPORTS]
        if reports:
            return _of_report("\n\n".join(reports), fields, parts)
        return _of_prose(fields, parts)
    except Exception:  # Unreadable, and nearly any other, from the email package
        return None


def _text(part: Part) -> str:
    try:
        return content_of(part).decode("utf-8", "replace")
    except Unreadable:
        return ""


def _of_report(report: str, fields: list[Field], parts: list[Part]) -> Bounce | None:
    """Our letters have one recipient each, so the worst that is reported is what counts."""
    blocks = [_named(block.encode()) for block in re.split(r"\r?\n(?:\r?\n)+", report.strip())]
    for action in Action:
        for block in blocks:
            if block.get("action", "").partition(";")[0].split("(")[0].strip().lower() == action:
                codes = f"{block.get('status', '')} {block.get('diagnostic-code', '')}"
                named = [block, *blocks, _lowered(fields)]
                return Bounce(action, _status(codes, action), _letter(parts, named))
    return None


def _named(block: bytes) -> dict[str, str]:
    return _lowered(take_apart(block).fields)


def _lowered(fields: list[Field]) -> dict[str, str]:
    return {field.name: field.value.decode("utf-8", "replace") for field in reversed(fields)}


def _status(text: str, action: Action) -> str:
    found = _STATUS.search(text)
    if found:
        return found[0]
    code = _SMTP_CODE.search(text)
    return f"{code[1]}.0.0" if code else {Action.FAILED: "5.0.0", Action.DELAYED: "4.0.0"}[action]


def _letter(parts: list[Part], named: list[dict[str, str]]) -> str | None:
    for part in parts:
        if part.declared_type in _RETURNED:
            returned = _named(_text(part).lstrip().encode())
            found = _MESSAGE_ID.search(returned.get("message-id", ""))
            if found:
                return found[0]
    values = [fields[name] for fields in named for name in _NAMING if name in fields]
    return next((found[0] for value in values if (found := _MESSAGE_ID.search(value))), None)


def _of_prose(fields: list[Field], parts: list[Part]) -> Bounce | None:
    """Of servers that write no report, or behind a gateway that drops it."""
    header = _lowered(fields)
    subject = decoded_start(header.get("subject", ""))
    text = "\n".join(_prose(parts))[:_LOOK]
    delayed = begins_with(subject, DELAYS)
    told = delayed or begins_with(subject, FAILURES) or "x-failed-recipients" in header
    if not told and not _CONFESSION.search(text[:2_000].lower()):
        return None
    action = Action.DELAYED if delayed else Action.FAILED
    quoted = _FIELD_IN_TEXT.search(text)
    letter = _letter(parts, [header]) if quoted is None else quoted[1]
    return Bounce(action, _status(text, action), letter)


def _prose(parts: list[Part]) -> Iterator[str]:
    return (_text(part) for part in parts if part.get_content_maintype() == "text")
