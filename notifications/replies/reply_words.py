"""The words that approve and reject, and what of a text counts as its words."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from models import Verdict

# Nothing like them counts: "approval" asks, "yes" is a carrier's word, "refusé" tells of the past.
WORDS: Final[Mapping[Verdict, Mapping[str, tuple[str, ...]]]] = {
    Verdict.APPROVED: {
        "en": ("approve", "approved", "ok"),
        "fr": ("approuver", "ok", "oui"),
        "de": ("freigeben", "genehmigen", "ok", "ja"),
    },
    Verdict.REJECTED: {
        "en": ("reject", "no"),
        "fr": ("rejeter", "refuser", "non"),
        "de": ("ablehnen", "nein"),
    },
}

COMMENT_LIMIT: Final = 10_000  # characters; an author reads it, so a page or four are enough

_VERDICTS = {
    word: verdict
    for verdict, languages in WORDS.items()
    for words in languages.values()
    for word in words
}

_LONGEST_WORD = max(map(len, _VERDICTS))

# What phones and servers put between letters unseen: zero-width characters, byte order marks, marks
# of the writing direction, soft hyphens, variants of an emoji (Default_Ignorable_Code_Point).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_BLANK = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_NO_TEXT = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # all controls but the line feed


def cleaned(line: str) -> str:
    """The line as a person sees it: nothing invisible, one kind of blank, none at the ends."""
    return _BLANK.sub(" ", _INVISIBLE.sub("", line)).strip(" ")


def folded(text: str) -> str:
    """Without case and accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def verdict_of(word: str) -> Verdict | None:
    # With an accent on every letter a word is twice as long.
    return _VERDICTS.get(folded(word)) if len(word) <= 2 * _LONGEST_WORD else None


def as_comment(text: str) -> str:
    """What is kept of a comment: no control characters, and not too much of it."""
    return _NO_TEXT.sub("", text).strip()[:COMMENT_LIMIT].rstrip()
