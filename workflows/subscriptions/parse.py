"""Parse a text file of addresses: one per line, alone or as `Name <address>`."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import IncrementalNewlineDecoder
from typing import IO, NamedTuple

from models.names import MAX_NAME

# Marks a sentence for extraction into the catalogs; the portal translates it.
_ = str

# Bytes decoded at once.
CHUNK = 1 << 20

# Characters of a line: a name, an address (models/names.py, models/addresses.py) and a comment.
MAX_LINE = 1_000

# The decoder replaces bytes that are not text by this.
UNDECODABLE = "\N{REPLACEMENT CHARACTER}"

# A `#` inside an address belongs to it (RFC 5322, atext); after a space it begins a comment.
ENTRY = re.compile(
    r"""
    (?:
        (?: (?P<name>[^<>"]*) | "(?P<quoted>(?:[^"\\]|\\.)*)"\ * ) <(?P<address>[^<>]+)>
        | (?P<alone>[^\ <>]+)
    )
    (?: \ *\#.* )?
    """,
    re.VERBOSE,
)


class Entry(NamedTuple):
    """An address as written in the file, and the name before it, which may be empty."""

    line: int
    address: str
    name: str


class Malformed(NamedTuple):
    """A line without an address, and the reason: a catalog sentence without placeholders."""

    line: int
    reason: str


@dataclass
class AddressLines:
    """Counts of a file's lines by kind; complete once `entries` is exhausted."""

    lines: int = 0
    blank: int = 0
    comments: int = 0
    malformed: list[Malformed] = field(default_factory=list)

    def entries(self, file: IO[bytes]) -> Iterator[Entry]:
        """Yield every address with its line number; count the other lines."""
        for self.lines, line in enumerate(decoded_lines(file), 1):
            text = line.strip()
            if not text:
                self.blank += 1
            elif text[0] == "#":
                self.comments += 1
            elif isinstance(found := parse_line(self.lines, text), Entry):
                yield found
            else:
                self.malformed.append(found)


def parse_line(number: int, text: str) -> Entry | Malformed:
    """Parse a line that is neither blank nor a comment."""
    if reason := unreadable(text):
        return Malformed(number, reason)
    found = ENTRY.fullmatch(text)
    if found is None:
        return Malformed(number, _("It is neither an address nor a name and an <address>."))
    name, quoted, address, alone = found.groups()
    if alone is not None:
        return Entry(number, alone, "")
    name = name if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    if len(name.strip()) > MAX_NAME:
        return Malformed(number, _("It has a name of more than 200 characters."))
    return Entry(number, address.strip(), name.strip())


def unreadable(text: str) -> str | None:
    """Return why a line is not parsed at all, or None."""
    if len(text) > MAX_LINE:
        return _("It has more than 1,000 characters.")
    if UNDECODABLE in text:
        return _("It is not UTF-8 text.")
    return None if text.isprintable() else _("It contains invisible characters.")


def decoded_lines(file: IO[bytes]) -> Iterator[str]:
    """Yield the lines without their ends (LF, CRLF or CR); UTF-8, or UTF-16 with a BOM.

    Undecodable bytes become replacement characters.
    """
    chunk, rest = file.read(CHUNK), ""
    encoding = "utf-16" if chunk.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    decoder = IncrementalNewlineDecoder(getincrementaldecoder(encoding)("replace"), translate=True)
    while chunk:
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from whole
        chunk = file.read(CHUNK)
    *whole, rest = (rest + decoder.decode(b"", final=True)).split("\n")
    yield from whole
    if rest:
        yield rest
