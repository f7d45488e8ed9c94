"""Read whether a bounce says that a mail was refused, and why, or only delayed (RFC 3464).

flufl.bounce finds the addresses in more kinds of reports, but not their status, without which a
full mailbox counts as an unknown address.  Addresses are not needed: the return path that the
report came to names the recipient (notifications/mime/return_path.py).
"""

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
    """The outcome for the mail; with other actions of RFC 3464 (2.3.3) it is no bounce."""

    FAILED = "failed"
    DELAYED = "delayed"


@dataclass(frozen=True)
class Bounce:
    """A report that a mail did not arrive.  Anyone can write such a report."""

    action: Action
    status: str  # RFC 3463, such as 5.1.1

    @property
    def is_hard(self) -> bool:
        """Whether mail to this address will fail again: the address, not the mail, is at fault."""
        return self.action is Action.FAILED and _HARD.match(self.status) is not None


# RFC 3463, and what large providers answer about an unknown address: Microsoft 365 says 5.4.1 and
# 5.4.310, Outlook 5.5.0.  Other failures may pass, or concern the message or its sender: 5.2.2 is a
# full mailbox, 5.2.3 and 5.3.4 are too large a mail, 5.4.7 is a server that was unavailable for
# days, 5.6.x and 5.7.x refuse a content or a sender, as do 5.1.7 and 5.1.8.
_HARD: Final = re.compile(r"5\.(?:0\.\d+|1\.(?![78]$)\d+|2\.[01]|3\.0|4\.(?:[014]|310)|5\.0)$")

# Characters that are searched in a mail without a report; bounces are far shorter.
_SEARCHED: Final = 100_000

_REPORTS: Final = ("message/delivery-status", "message/global-delivery-status")

_STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.]*\d)")
_SMTP_CODE = re.compile(r"(?<![\d.#-])([45])\d\d(?=[ -])")

# RFC 5321, 4.2.3: "exceeded storage allocation", without a status of its own in old servers.
_OVER_QUOTA: Final = "552"

_UNKNOWN: Final = {Action.FAILED: "5.0.0", Action.DELAYED: "4.0.0"}

# qmail has no distinctive subject, and some gateways rewrite every subject.
_BOUNCE_TEXT = re.compile(
    r"this is the qmail-send program|message was created automatically by mail delivery software"
    r"|i'm afraid i wasn't able to deliver your message|user .{1,80} not listed in"
)


def read_bounce(raw: bytes) -> Bounce | None:
    """Parse a bounce; return None if the mail is not one.  Accepts any bytes; never raises."""
    try:
        start = raw[:READ_LIMIT]
        root = BytesParser(Part, policy=compat32).parsebytes(start)
        assert isinstance(root, Part)
        fields = split_mail(start).fields
        parts = leaves(root)
        reports = [_text(part) for part in parts if part.declared_type in _REPORTS]
        if reports:
            return _from_report("\n\n".join(reports))
        return _from_text(fields, parts)
    except Exception:  # Unreadable, and nearly any exception of the email package
        return None


def _text(part: Part) -> str:
    try:
        return content_of(part).decode("utf-8", "replace")
    except Unreadable:
        return ""


def _from_report(report: str) -> Bounce | None:
    """Return the worst outcome reported: each of our mails has one recipient."""
    blocks = [_fields_of(block.encode()) for block in re.split(r"\r?\n(?:\r?\n)+", report.strip())]
    for action in Action:
        for block in blocks:
            if block.get("action", "").partition(";")[0].split("(")[0].strip().lower() == action:
                codes = (block.get("status", ""), block.get("diagnostic-code", ""))
                return Bounce(action, _status(*codes, action=action))
    return None


def _fields_of(block: bytes) -> dict[str, str]:
    return _as_dict(split_mail(block).fields)


def _as_dict(fields: list[Field]) -> dict[str, str]:
    return {field.name: field.value.decode("utf-8", "replace") for field in reversed(fields)}


def _status(*texts: str, action: Action) -> str:
    """Return the first status in these texts, but rather one that says more than x.0.0."""
    found = [status[0] for text in texts for status in [_STATUS.search(text)] if status]
    codes = [code for text in texts if (code := _SMTP_CODE.search(text))]
    if any(code[0] == _OVER_QUOTA for code in codes):
        found.append("5.2.2")
    found += [f"{code[1]}.0.0" for code in codes]
    exact = (status for status in found if not status.endswith(".0.0"))
    return next(exact, next(iter(found), _UNKNOWN[action]))


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
    return Bounce(action, _status(text, action=action))


def _texts(parts: list[Part]) -> Iterator[str]:
    return (_text(part) for part in parts if part.get_content_maintype() == "text")
