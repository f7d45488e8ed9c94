"""Knows the line above a quote: "On Tuesday, 12 March, Grace Hopper wrote:"."""

import re
from typing import Final

from notifications.replies.reply_words import folded

_LOOK: Final = 1_000  # characters; what is longer is no attribution

# How the line above a quote begins that says when, and by whom ...
_DATED = re.compile(r"(?:on|le|am|um|el|il|op|den|em|dnia|w dniu)\b[^\d]{0,40}\d")
# ... and how it ends, in the languages of the organisation's neighbours, too.
_WROTE = re.compile(
    r"\b(?:wrote|writes|a ecrit|ecrivait|schrieb|geschrieben|escribio|ha scritto|schreef|skrev|"
    r"escreveu|napisal(?:\(a\))?)\b.{0,200}:$|<[^<>\s@]++@[^<>\s]++> ?:$"
)
# Without a day first it is believed only directly above a quote.
_QUOTING = re.compile(r"(?:quoting|zitat von|citation de|selon)\b.{1,200}:$")
_ATTRIBUTION_LINES: Final = 3  # a long name and address are wrapped


def dated(lines: list[str], position: int) -> int:
    """How many lines an attribution with a date has that begins here, or 0."""
    following = lines[position : position + _ATTRIBUTION_LINES]
    if not _DATED.match(folded(following[0][:_LOOK])):
        return 0
    for size in range(1, len(following) + 1):
        joined = folded(" ".join(following[:size])[:_LOOK])
        if joined.endswith(":") and _WROTE.search(joined):
            return size
    return 0


def is_undated(line: str) -> bool:
    """Whether it is one without a date, if a quote follows."""
    start = folded(line[:_LOOK])
    return start.endswith(":") and bool(_WROTE.search(start) or _QUOTING.match(start))
