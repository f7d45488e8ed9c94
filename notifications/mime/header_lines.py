"""Takes a mail apart into the lines of its header and its body, byte for byte."""

import re
from email import policy
from email.errors import InvalidHeaderDefect
from typing import NamedTuple

from notifications.mime.envelope import with_crlf

# The line that mbox files, and some delivery agents, have before the mail itself.
_UNIX_FROM = b"From "

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_FOLD = re.compile(rb"\r\n(?=[ \t])")


class Field(NamedTuple):
    """A header field: all its lines, each with its CRLF, and the number of the first one."""

    number: int
    lines: bytes

    @property
    def name(self) -> str:
        """In lower case, as case means nothing in it."""
        return self.lines.partition(b":")[0].decode("ascii", "replace").strip().lower()

    @property
    def value(self) -> bytes:
        """Unfolded (RFC 5322, 2.2.3)."""
        return _FOLD.sub(b"", self.lines.partition(b":")[2]).strip()


class TakenApart(NamedTuple):
    fields: list[Field]
    body: bytes

    def together(self) -> bytes:
        return b"".join(field.lines for field in self.fields) + b"\r\n" + self.body


def take_apart(raw: bytes) -> TakenApart:
    """Any bytes: what is no header field is there as a Field with an odd name."""
    content, number = with_crlf(raw), 1
    if content.startswith(_UNIX_FROM):
        content, number = content.partition(b"\r\n")[2], 2
    # The line end put in front lets an empty header, too, end with an empty line.
    header, _, body = (b"\r\n" + content).partition(b"\r\n\r\n")
    header = header[2:].removesuffix(b"\r\n")
    fields = []
    for lines in _FIELD_END.split(header) if header else ():
        fields.append(Field(number, lines + b"\r\n"))
        number += 1 + lines.count(b"\r\n")
    return TakenApart(fields, body)


def mailboxes(value: str) -> tuple[str, ...]:
    """The addresses of a From field, or () if they cannot be told for certain."""
    try:
        header = policy.default.header_factory("From", value)
        addresses = [(each.username, each.domain) for each in header.addresses]
    except Exception:  # email's parser answers strange addresses with nearly any exception
        return ()
    doubtful = any(isinstance(defect, InvalidHeaderDefect) for defect in header.defects)
    if doubtful or not all(name and domain for name, domain in addresses):
        return ()
    return tuple(f"{name}@{domain}" for name, domain in addresses)
