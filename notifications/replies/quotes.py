"""Separate what the writer of a reply wrote from what mail programs quoted or added."""

import re
from typing import Final, NamedTuple

from notifications.replies.vocabulary import any_of, cleaned, folded, hesitation, phrases

_LOOK: Final = 1_000  # characters; no known quote, footer or signature has a longer line
_LINE_END = re.compile("\r\n|[\r\n\u2028\u2029]")

_QUOTE = re.compile(r"[>|]")
_LONG_QUOTE: Final = 60  # mail programs break longer quoted lines, and mark only the first half
_TABLE = re.compile(r"\|.*\||\+[-=+]+\+")  # drawn by a machine: a bounce, a log

# The line above a quote.  Without a day first it is believed only directly above a quote.
_ADDRESS = r"<[^<>\s@]++@[^<>\s]++>"
_DATED = re.compile(
    rf"{any_of('dated')}\b[^\d]{{0,40}}\d|[^<>]{{0,100}}{_ADDRESS},? (?:{any_of('wrote')}|hat)\b"
)
_WROTE = re.compile(rf"\b{any_of('wrote')}\b.{{0,200}}:(?:$|   )|{_ADDRESS} ?:$")
_QUOTING = re.compile(rf"{any_of('quoting')}\b.{{1,200}}:$")
_ATTRIBUTION_LINES: Final = 3  # a long name and address are wrapped

# -----Original Message-----, in every language; also what a forwarding program writes.
_ORIGINAL = re.compile(
    r"[-‐–—_=]{3,}+.*\w.*[-‐–—_=]{3}$"  # noqa: RUF001 (Proton uses such dashes)
    rf"|{any_of('originals')} ?:$"
)

# The heading that Outlook and its like put above the original, label by label.
_LABEL = re.compile(r"\*?([a-z][a-z ]{0,12}?) ?\*? ?: ?\*?(?= |\S|$)")
_KINDS = {label: kind for kind in ("from", "date", "to", "subject") for label in phrases(kind)}
_HEADING_LINES: Final = 6

# RFC 3676 (4.3) has a blank behind the dashes, which programs lose.
_SEPARATOR = re.compile(r"--$|—$|_{5,}$")

# What phones and webmail add at the end of all that is written with them.
_ADVERTISEMENT = re.compile(rf"{any_of('advertisements')}\b")

_FOOTER = re.compile(rf"\b{any_of('footers')}")
_WRAPPED: Final = 100  # characters; a footer in lines of this length ends at a blank line


class Own(NamedTuple):
    """The `cleaned` lines of the writer, quotes, originals and footers left out."""

    blocks: list[list[str]]  # above, between and below quotes; those that are not blank
    signature: list[str]  # all that follows the mark of one


def own_words(text: str) -> Own:
    """Return the writer's own text; nothing if the text contains a table with ruled lines."""
    lines = [cleaned(line) for line in _LINE_END.split(text)]
    blocks: list[list[str]] = [[]]
    signature: list[str] = []
    position, signed = 0, False
    while position < len(lines) and not _is_original(lines, position):
        line = lines[position]
        if _TABLE.fullmatch(line):
            return Own([], [])
        quoted = _quoted(lines, position)
        signed = signed or (not quoted and _is_mark(line))
        if quoted:
            blocks.append([])
        elif size := _footer(lines, position):
            quoted = size
        elif not _is_mark(line):
            (signature if signed else blocks[-1]).append(line)
        position += quoted or 1
    return Own([block for block in blocks if any(block)], signature)


def _is_mark(line: str) -> bool:
    """Whether a signature begins here.  "Sent from my iPhone, but wait" is the writer's own."""
    start = folded(line[:_LOOK])
    return bool(_SEPARATOR.match(start) or (_ADVERTISEMENT.match(start) and not hesitation(line)))


def _footer(lines: list[str], position: int) -> int:
    """Count the lines of a legal footer or a virus scanner's that begins here, or 0."""
    line = folded(lines[position][:_LOOK])
    found = _FOOTER.search(
        " ".join([line, *map(folded, lines[position + 1 : position + 2])])[:_LOOK]
    )
    if not found or found.start() >= len(line):
        return 0
    size = 1
    while len(lines[position + size - 1]) <= _WRAPPED and any(lines[position + size :][:1]):
        size += 1
    return size


def _is_original(lines: list[str], position: int) -> bool:
    """Whether the original begins here, without any mark of a quote."""
    line = lines[position]
    if _ORIGINAL.match(folded(line[:_LOOK])) and not hesitation(line):
        return True
    if _kind_of(line):
        following = [_kind_of(each) for each in lines[position : position + _HEADING_LINES]]
        return "from" in following and len(set(following) - {None}) > 1
    return bool(_dated(lines, position)) and not _quoted(lines, position)


def _kind_of(line: str) -> str | None:
    match = _LABEL.match(folded(line[:40]))
    return _KINDS.get(match[1]) if match else None


def _quoted(lines: list[str], position: int) -> int:
    """Count the lines, from here on, that are a quote or the attribution above one."""
    line, above = lines[position], lines[position - 1] if position else ""
    if _QUOTE.match(line) or (line and _QUOTE.match(above) and len(above) >= _LONG_QUOTE):
        return 1
    size = _dated(lines, position) or int(_is_undated(line))
    following = position + size
    while size and following < len(lines) and not lines[following]:
        following += 1
    return size if following < len(lines) and _QUOTE.match(lines[following]) else 0


def _dated(lines: list[str], position: int) -> int:
    """Count the lines of an attribution with a date that begins here, or 0."""
    following = lines[position : position + _ATTRIBUTION_LINES]
    if not _DATED.match(folded(following[0][:_LOOK])):
        return 0
    wholes = (" ".join(following[:size]) for size in range(1, len(following) + 1))
    return next((n for n, whole in enumerate(wholes, 1) if _WROTE.search(folded(whole[:_LOOK]))), 0)


def _is_undated(line: str) -> bool:
    """Whether the line is an attribution without a date, provided that a quote follows."""
    start = folded(line[:_LOOK])
    return start.endswith(":") and bool(_WROTE.search(start) or _QUOTING.match(start))
