"""Split a mail into the fields of its header and its body, byte for byte."""

import re
from email import policy
from email.errors import InvalidHeaderDefect
from typing import NamedTuple

from notifications.mime.envelope import with_crlf

# The line that mbox files, and some delivery agents, put before the mail.
_UNIX_FROM = b"From "

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_FOLD = re.compile(rb"\r\n(?=[ \t])")


class Field(NamedTuple):
    """A header field: its lines, each with CRLF, and the number of the first one."""

    number: int
    lines: bytes

    @property
    def name(self) -> str:
        """Return the name in lower case: names of fields ignore case."""
        return self.lines.partition(b":")[0].decode("ascii", "replace").strip().lower()

    @property
    def value(self) -> bytes:
        """Return the value, unfolded (RFC 5322, 2.2.3)."""
        return _FOLD.sub(b"", self.lines.partition(b":")[2]).strip()


class SplitMail(NamedTuple):
    """A mail as it was received: nothing is decoded."""

    fields: list[Field]
    body: bytes

    def joined(self) -> bytes:
        return b"".join(field.lines for field in self.fields) + b"\r\n" + self.body


def split_mail(raw: bytes) -> SplitMail:
    """Split any bytes; lines that are no header field become a Field with an odd name."""
    content, number = with_crlf(raw), 1
    if content.startswith(_UNIX_FROM):
        content, number = content.partition(b"\r\n")[2], 2
    # With a line end in front, an empty header ends with an empty line too.
    header, _, body = (b"\r\n" + content).partition(b"\r\n\r\n")
    header = header[2:].removesuffix(b"\r\n")
    fields = []
    for lines in _FIELD_END.split(header) if header else ():
        fields.append(Field(number, lines + b"\r\n"))
        number += 1 + lines.count(b"\r\n")
    return SplitMail(fields, body)


def mailboxes(value: str) -> tuple[str, ...]:
    """Return the addresses of a From field, or () if they are ambiguous."""
    try:
        header = policy.default.header_factory("From", value)
        addresses = [(each.username, each.domain) for each in header.addresses]
    except Exception:  # email's parser raises nearly any exception for strange addresses
        return ()
    ambiguous = any(isinstance(defect, InvalidHeaderDefect) for defect in header.defects)
    if ambiguous or not all(name and domain for name, domain in addresses):
        return ()
    return tuple(f"{name}@{domain}" for name, domain in addresses)
