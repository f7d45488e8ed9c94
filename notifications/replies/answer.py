"""The one line that is an answer: a verb alone, or a verb, a colon or dash, and a comment."""

import re
import string
from typing import Final, NamedTuple

from models import Verdict
from notifications.replies.reply_words import folded, verdict_of

# A line that begins so takes an answer back: "ok" and below it "no wait, don't".
SECOND_THOUGHTS: Final = (
    *("wait", "hold", "stop", "not", "do", "don", "dont", "sorry"),
    *("attends", "attendez", "pas", "arretez", "pardon"),
    *("warte", "warten", "nicht", "halt", "stopp", "doch"),
)

# Letters, and accents where they are characters of their own.
_WORD = "(?P<word>(?:[^\\W\\d_][\u0300-\u036f]*)+)"

# A full stop or an exclamation mark.  After a comma the sentence goes on, after a question mark
# the writer is in doubt.
_STOP = r"(?: ?[.!…]+)?"

# A colon, or a dash.  A hyphen makes compounds (no-one, Ja- und Nein-Stimmen), and so do its
# longer kin up to the en dash: these need a blank on either side.
_SEPARATOR = r"(?: *:| +[-‐‑‒–−](?: |$)| *(?:--+|[—―]))"  # noqa: RUF001 (they look alike, hence)

# How *bold* and _slanted_ letters look as text, and quotation marks: on both sides or on neither.
_MARK = "[*_/\"'`“”„‟‘’‚‛«»‹›]"  # noqa: RUF001

_PLAIN = re.compile(rf"{_WORD}{_STOP}(?:{_SEPARATOR}(?P<comment>.*))?")
_MARKED = re.compile(
    rf"{_MARK}+ ?{_WORD}{_STOP}"
    rf"(?: ?{_MARK}+{_STOP}(?:{_SEPARATOR}(?P<comment>.*))?|{_SEPARATOR} ?{_MARK}+(?P<late>.*))"
)
_TAKEN_BACK = re.compile(
    rf"{_MARK}*{_WORD}(?: *$|[^\w\s'’-]|\s+[^\w\s]|\s+(?:{'|'.join(SECOND_THOUGHTS)})\b)"  # noqa: RUF001
)
_LONGEST_START = 200  # characters, in which all that _TAKEN_BACK looks for is found

_MERE_SIGNS = re.compile(f"[{re.escape(string.punctuation)} ]+")


class Answer(NamedTuple):
    verdict: Verdict
    comment: str


def answer_in(line: str) -> Answer | None:
    """The answer that a `cleaned` line is: one of WORDS, alone or with a mark and a comment."""
    match = _PLAIN.fullmatch(line) or _MARKED.fullmatch(line)
    verdict = verdict_of(match["word"]) if match else None
    if match is None or verdict is None:
        return None
    found = match.groupdict()
    comment = (found["comment"] or found.get("late") or "").strip(" ")
    # "ok :(" would else be a colon and a comment.
    if _MERE_SIGNS.fullmatch(comment) or takes_back(comment, verdict):
        return None
    return Answer(verdict, comment)


def takes_back(line: str, verdict: Verdict) -> bool:
    """Whether a further `cleaned` line begins like an answer of the other kind."""
    match = _TAKEN_BACK.match(folded(line[:_LONGEST_START]))
    return match is not None and verdict_of(match["word"]) not in (None, verdict)
