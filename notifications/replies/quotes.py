"""Tells what the writer of a reply wrote from what the mail program quoted or added."""

import re
from typing import Final

from notifications.replies.attributions import dated, is_undated
from notifications.replies.endings import is_end
from notifications.replies.reply_words import cleaned

# Of a quoted line that was too long the rest is found below it, without a mark.  Mail programs
# break at 72 to 80 characters.
_LONG_QUOTE: Final = 60

_LINE_END = re.compile("\r\n|[\r\n\u2028\u2029]")

_QUOTE = re.compile(r"[>|]")


def own_words(text: str) -> list[list[str]]:
    """The blocks of `cleaned` lines that stand above, between and below quotes.

    Nothing is told of what follows a signature or the heading of an original that has no marks.
    """
    lines = [cleaned(line) for line in _LINE_END.split(text)]
    blocks: list[list[str]] = [[]]
    position = 0
    while position < len(lines) and not _ends(lines, position):
        quoted = _quoted(lines, position)
        if quoted:
            blocks.append([])
        else:
            blocks[-1].append(lines[position])
        position += quoted or 1
    return [block for block in blocks if any(block)]


def _ends(lines: list[str], position: int) -> bool:
    """Whether a signature, or the original without marks, begins here."""
    if is_end(lines, position):
        return True
    # "On Tuesday Grace wrote:", and then not a single mark: the rest is the original.
    return bool(dated(lines, position)) and not _quoted(lines, position)


def _quoted(lines: list[str], position: int) -> int:
    """How many lines, from here on, are a quote or the attribution above one."""
    if _QUOTE.match(lines[position]) or _is_rest(lines, position):
        return 1
    size = dated(lines, position) or int(is_undated(lines[position]))
    return size if size and _is_above_quote(lines, position + size) else 0


def _is_rest(lines: list[str], position: int) -> bool:
    above = lines[position - 1] if position else ""
    return bool(lines[position] and _QUOTE.match(above) and len(above) >= _LONG_QUOTE)


def _is_above_quote(lines: list[str], position: int) -> bool:
    while position < len(lines) and not lines[position]:
        position += 1
    return position < len(lines) and bool(_QUOTE.match(lines[position]))
