"""The words that replies are read by, from vocabulary.toml, and how words are compared."""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

# The language, the kind of words, the words.
VOCABULARY: Final[dict[str, dict[str, str]]] = tomllib.loads(
    Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8")
)
HESITATIONS: Final = ("conditions", "doubts", "delays", "questions", "second_thoughts")

COMMENT_LIMIT: Final = 10_000  # characters; an author reads it, so a page or four are enough

# Inserted before a character that was guessed; no word contains it, so no verdict is guessed.
GUESSED: Final = "\ufdd0"

# What phones and servers put between letters unseen: zero-width characters, byte order marks, marks
# of the writing direction, soft hyphens, variants of an emoji (Default_Ignorable_Code_Point).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_BLANK = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# All controls but the line feed.
_NO_TEXT = re.compile(f"[\0-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff{GUESSED}]")
_WORD = re.compile(r"https?://\S*|(\d+|[^\W\d_]+|\.{3}|[^\w\s.,:;!'\"()/-])")
_ALIKE = {
    **dict.fromkeys(map(ord, "\u2019\u2018\u02bc"), "'"),
    **dict.fromkeys(range(0x1F3FB, 0x1F400)),  # the skin colours of an emoji
    ord("…"): "...",
}


def cleaned(line: str) -> str:
    """Return the line as a person sees it: nothing invisible, one kind of blank, stripped."""
    return _BLANK.sub(" ", _INVISIBLE.sub("", line)).strip(" ")


def folded(text: str) -> str:
    """Return the text without case, accents, curly apostrophes and skin colours of emoji."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text.casefold().translate(_ALIKE))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def as_comment(text: str) -> str:
    """Return the comment to store: no control characters, at most COMMENT_LIMIT characters."""
    return _NO_TEXT.sub("", text).strip()[:COMMENT_LIMIT].rstrip()


@cache
def phrases(*kinds: str) -> tuple[str, ...]:
    """Return the phrases of these kinds in all languages, folded, the longest first."""
    texts = (language.get(kind, "") for language in VOCABULARY.values() for kind in kinds)
    found = {" ".join(phrase.split()) for text in texts for phrase in folded(text).split(",")}
    return tuple(sorted(found - {""}, key=lambda phrase: (-len(phrase), phrase)))


def any_of(*kinds: str) -> str:
    """A regular expression for the phrases of these kinds, in folded text."""
    return f"(?:{'|'.join(map(_pattern, phrases(*kinds)))})"


def _pattern(phrase: str) -> str:
    words = re.escape(phrase.removesuffix("-")).replace(r"\ \.\.\.", ".*").replace(r"\ ", " +")
    return words + (r"\w*" if phrase.endswith("-") else "")


def hesitation(text: str, *kinds: str) -> str:
    """A phrase of these kinds, by default of HESITATIONS, that the text holds, or ""."""
    words = f" {_words(text)} "
    return next((phrase for phrase, sought in _sought(kinds or HESITATIONS) if sought in words), "")


@cache
def _sought(kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(each, f" {_words(each)}{'' if each[-1] == '-' else ' '}") for each in phrases(*kinds)]


def _words(text: str) -> str:
    """The words and question marks of a text, a blank between any two."""
    return " ".join(filter(None, _WORD.findall(folded(text.replace(GUESSED, "")))))
