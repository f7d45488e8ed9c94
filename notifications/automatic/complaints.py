"""Read a complaint: a mailbox provider's report that its user calls a mail spam (ARF, RFC 5965)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import compat32
from typing import Final

from notifications.mime.header_lines import split_mail
from notifications.mime.mime_parts import Part, Unreadable, content_of, leaves
from notifications.replies.parse import READ_LIMIT

# RFC 5965 (7.3) and the registry it made: what a person reports.  Of the others, `not-spam` takes a
# complaint back, and programs report `virus`, `auth-failure` and `dmarc`.
_UNWANTED: Final = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})

_REPORT: Final = "message/feedback-report"
_RETURNED: Final = ("message/rfc822", "text/rfc822-headers", "message/global")

# The fields that have the return path of the mail: of the report (3.2), and of the mail itself.
_OF_REPORT: Final = "original-mail-from"
_OF_MAIL: Final = "return-path"

_ADDRESS = re.compile(rb"[^\s<>]+@[^\s<>]+")


@dataclass(frozen=True)
class Complaint:
    """A complaint about one mail.  Anyone can write such a report: only a token is evidence."""

    kind: str  # such as abuse
    return_paths: tuple[str, ...]  # of the mail, as far as the report has them

    @property
    def is_unwanted(self) -> bool:
        """Whether the person wants no more of it."""
        return self.kind in _UNWANTED


def read_complaint(raw: bytes) -> Complaint | None:
    """Parse a complaint; return None if the mail is not one.  Accepts any bytes; never raises."""
    start = raw[:READ_LIMIT]
    if _REPORT.encode() not in start.lower():
        return None  # nearly every mail
    try:
        root = BytesParser(Part, policy=compat32).parsebytes(start)
        assert isinstance(root, Part)
        parts = leaves(root)
        report = next((_fields(part) for part in parts if part.declared_type == _REPORT), None)
        if report is None:
            return None
        returned = [_fields(part) for part in parts if part.declared_type in _RETURNED]
        kind = report.get("feedback-type", b"").split(b"(")[0].strip().lower()
        found = [_addresses(report, _OF_REPORT), *(_addresses(one, _OF_MAIL) for one in returned)]
        return Complaint(
            kind.decode("ascii", "replace"), tuple(one for each in found for one in each)
        )
    except Exception:  # Unreadable, and nearly any exception of the email package
        return None


def _fields(part: Part) -> dict[str, bytes]:
    """Return the fields that a part begins with, or none; of several, the first counts."""
    try:
        content = content_of(part)
    except Unreadable:
        return {}
    return {field.name: field.value for field in reversed(split_mail(content.lstrip()).fields)}


def _addresses(fields: dict[str, bytes], name: str) -> Iterator[str]:
    for address in _ADDRESS.findall(fields.get(name, b"")):
        yield address.decode("utf-8", "replace")
