"""Find where the content of each part stands in the bytes of a mail."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from notifications.mime.mime_parts import Part

# What is in them must not change, or can be read only with a key (RFC 1847).
SEALED: Final = frozenset({"multipart/signed", "multipart/encrypted"})

PGP: Final = b"-----BEGIN PGP "  # inline signatures and encrypted text (RFC 9580, 6.2)

_HEADER_END: Final = b"\r\n\r\n"
_LINE_END: Final = b"\r\n"


class NotFound(Exception):
    """The parser of the email package divides this mail in another way."""


class Span(NamedTuple):
    """The place of a part: its header is `mail[begins:start]`, its encoded content [start:end]."""

    part: Part
    begins: int  # its header
    start: int
    end: int
    sealed: bool  # inside a signed or encrypted part


def spans(mail: bytes, root: Part) -> list[Span]:
    """Return the spans of all leaves, in order.

    `mail` has CRLF line ends, and `root` is what `parts_of` made of it.  Raise NotFound if they
    disagree.
    """
    return list(_spans(mail, Span(root, 0, 0, len(mail), sealed=False)))


def _spans(mail: bytes, whole: Span) -> Iterator[Span]:
    part = whole.part
    start = _content_start(mail, whole)
    if part.get_content_maintype() != "multipart":
        if mail[start : whole.end] != part.encoded:
            raise NotFound
        yield whole._replace(start=start)
        return
    sealed = whole.sealed or part.get_content_type() in SEALED
    below = [each for each in part.get_payload() if isinstance(each, Part)]
    places = list(_places(mail, whole._replace(start=start)))
    if len(below) != len(places):
        raise NotFound
    for each, (first, last) in zip(below, places, strict=True):
        yield from _spans(mail, Span(each, first, first, last, sealed))


def _content_start(mail: bytes, whole: Span) -> int:
    if mail.startswith(_LINE_END, whole.start):
        return whole.start + len(_LINE_END)
    found = mail.find(_HEADER_END, whole.start, whole.end)
    return whole.end if found < 0 else found + len(_HEADER_END)


def _places(mail: bytes, content: Span) -> Iterator[tuple[int, int]]:
    """Yield start and end of each part between the boundaries (RFC 2046, 5.1.1)."""
    boundary = content.part.get_boundary("").encode("ascii", "surrogateescape")
    line = rb"^--" + re.escape(boundary) + rb"(?P<last>--)?[ \t]*(?:\r\n|\Z)"
    begins = None
    for found in re.compile(line, re.MULTILINE).finditer(mail, content.start, content.end):
        if begins is not None:
            # The line end before a boundary belongs to it.
            yield begins, max(begins, found.start() - len(_LINE_END))
        if found["last"]:
            return
        begins = found.end()
