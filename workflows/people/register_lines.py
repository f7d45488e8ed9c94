"""Read a register of people: CSV with a header, one person per line."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES

from models import Invalid, Language
from models.addresses import MAX_ADDRESS, MAX_LOCAL_PART, checked_address
from models.names import MAX_NAME, person_name
from workflows.subscriptions.parse import UNDECODABLE

REQUIRED = ("external_id", "address", "name")
COLUMNS = (*REQUIRED, "language")

# Characters: as long as `ExternalKey` in workflows/public/call.py.
MAX_KEY = 200

# Before the @ sign, what needs no normalization: most addresses, which are then read in a
# twentieth of the time.
PLAIN_LOCAL_PART = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")

LANGUAGES = {"", *Language}


class RegisterLine(NamedTuple):
    """A person of the register; if the line is refused, only its key."""

    line: int
    key: str
    address: str = ""
    name: str = ""
    language: str = ""  # empty: not given


class RefusedLine(NamedTuple):
    """A line that is not applied, and why, without a value of the line."""

    line: int
    reason: str


@dataclass
class RegisterLines:
    """The lines of a register; complete once `people` is exhausted."""

    lines: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    def people(self, text: Iterable[str]) -> Iterator[RegisterLine]:
        """Yield every line after the header, except empty ones; the text is read as it is needed.

        Raises Invalid for another header, for quotes that do not match, and for a line without an
        external_id: it may belong to a person who would be disabled as missing.
        """
        lines = iter(text)
        columns = Columns.named_by(next(lines, ""))
        reader = csv.reader(lines, delimiter=columns.separator, strict=True)
        try:
            for cells in reader:
                if cells:
                    self.lines += 1
                    yield self.person(reader.line_num + 1, columns, cells)
        except csv.Error:
            raise Invalid(
                "Line %(line)d is not CSV: its quotes do not match.", line=reader.line_num + 1
            ) from None

    def person(self, line: int, columns: "Columns", cells: list[str]) -> RegisterLine:
        """Return the person of a line; note why it is refused, if it is."""
        key = columns.key_in(cells, line)
        try:
            address, name, language = columns.values_in(cells)
            return RegisterLine(line, key, valid_address(address), valid_name(name), language)
        except Invalid as reason:
            self.refused.append(RefusedLine(line, str(reason)))
            return RegisterLine(line, key)


@dataclass(frozen=True)
class Columns:
    """Where a line has what."""

    separator: str
    count: int
    external_id: int
    address: int
    name: int
    language: int | None = None

    @classmethod
    def named_by(cls, header: str) -> "Columns":
        """Return the columns of the header, in any order; raise Invalid for missing or other ones.

        Commas separate them, or semicolons, as some spreadsheets write them.
        """
        header = header.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        separator = ";" if ";" in header else ","
        names = [name.strip(' "\r\n').lower() for name in header.split(separator)]
        is_known = set(REQUIRED) <= set(names) <= set(COLUMNS)
        if not is_known or len(set(names)) < len(names):
            raise Invalid(
                "The first line names the columns: external_id, address, name and, if they are "
                "known, language."
            )
        return cls(separator, len(names), **{name: at for at, name in enumerate(names)})

    def key_in(self, cells: list[str], line: int) -> str:
        """Return the external id in a line; raise Invalid."""
        key = cells[self.external_id].strip() if self.external_id < len(cells) else ""
        if not key.isprintable() or not 0 < len(key) <= MAX_KEY or UNDECODABLE in key:
            raise Invalid("Line %(line)d has no external_id of 1 to 200 characters.", line=line)
        return key

    def values_in(self, cells: list[str]) -> tuple[str, str, str]:
        """Return address, name and language in a line; raise Invalid."""
        if len(cells) != self.count:
            raise Invalid("The line has more or fewer columns than the first line.")
        language = "" if self.language is None else cells[self.language].strip().lower()
        if language not in LANGUAGES:
            raise Invalid("The language is none of en, fr and de.")
        return cells[self.address].strip(), cells[self.name].strip(), language


def valid_address(address: str) -> str:
    """Return the address in its normal form, or raise Invalid: `checked_address`, but faster."""
    local_part, _, domain = address.rpartition("@")
    known = normal_domain(domain)
    is_plain = (
        known
        and len(local_part) <= MAX_LOCAL_PART
        and len(address) <= MAX_ADDRESS
        and PLAIN_LOCAL_PART.fullmatch(local_part)
        and local_part.lower() not in CASE_INSENSITIVE_MAILBOX_NAMES
    )
    return f"{local_part}@{known}" if is_plain else checked_address(address)


@lru_cache(maxsize=10_000)
def normal_domain(domain: str) -> str:
    """Return the normal form of a domain in ASCII; an empty text for any other."""
    try:
        known = checked_address(f"a@{domain}").removeprefix("a@")
    except Invalid:
        return ""
    return known if known.isascii() and len(known) == len(domain) else ""


def valid_name(name: str) -> str:
    """Return the name, or raise Invalid."""
    if UNDECODABLE in name:
        raise Invalid("The name is not UTF-8 text.")
    return name if 0 < len(name) <= MAX_NAME and name.isprintable() else person_name(name)
