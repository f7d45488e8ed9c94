"""Reads what an approver answered by SMS, and the words that belong to the carriers."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from models import Verdict
from notifications.replies.answer import takes_back, verdict_of
from notifications.replies.vocabulary import as_comment, cleaned, folded, hesitation

# Twilio acts on the first eight itself (https://www.twilio.com/docs/messaging/tutorials/
# advanced-opt-out; REVOKE and OPTOUT since May 2025), on the French ones for some Canadian
# carriers; the others are what Telnyx and AWS take, and what German senders promise.
OPT_OUT: Final = (
    *("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"),
    *("arret", "arrete", "arrett", "remove", "td", "stopp", "abmelden", "abbestellen"),
    *("desabonner",),
)
OPT_IN: Final = ("start", "yes", "unstop")
HELP: Final = ("help", "info")  # Twilio answers these itself,
HOW: Final = ("aide", "hilfe")  # and not these

_LONGEST_WORD = 40  # characters, with signs and blanks around

# As the SMS shows it, or as people read numbers aloud: 482193, 482 193, 48-21-93.
# In groups, a further one would make it another number.
_CODE = (
    "(?P<code>[0-9]{6}|[0-9]{3}[ -][0-9]{3}(?![ -][0-9]{3}(?![0-9]))"
    "|[0-9]{2}[ -][0-9]{2}[ -][0-9]{2}(?![ -][0-9]{2}(?![0-9])))"
)

# Characters allowed around word and code.  A question mark asks; an emoji may mean anything.
_SIGNS = r"[\s.,:;!#*()\[\]<>\"'“”„‘’«»–—-]*"  # noqa: RUF001
_ANSWER = re.compile(
    rf"{_SIGNS}(?P<word>(?:[^\W\d_][\u0300-\u036f]*)+){_SIGNS}"
    rf"{_CODE}(?!-?\w| *[?¿]){_SIGNS}(?P<comment>.*)",
    re.DOTALL,
)
_OTHER_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")


@dataclass(frozen=True)
class SmsReply:
    """Either a verdict and its code, or neither, and then no comment either."""

    verdict: Verdict | None
    code: str | None  # six ASCII digits
    comment: str


NOT_UNDERSTOOD = SmsReply(None, None, "")


def read_sms(text: str) -> SmsReply:
    """Read a word that counts by SMS, a code, and a comment if there is one."""
    match = _ANSWER.fullmatch("\n".join(map(cleaned, text.splitlines())))
    verdict = verdict_of(match["word"]) if match else None
    if match is None or verdict is None:
        return NOT_UNDERSTOOD
    comment = as_comment(match["comment"])
    # A second code would make it unclear which request is answered.
    if _OTHER_CODE.search(comment) or _takes_back(comment, verdict):
        return NOT_UNDERSTOOD
    return SmsReply(verdict, re.sub("[ -]", "", match["code"]), comment)


def _takes_back(comment: str, verdict: Verdict) -> bool:
    """Whether the comment is an answer of another kind, or limits an approval."""
    limited = verdict is Verdict.APPROVED and bool(hesitation(comment))
    return limited or any(takes_back(line, verdict) for line in comment.split("\n"))


class Keyword(Enum):
    """Keywords that carriers reserve; each counts only as the whole message."""

    STOP = OPT_OUT
    START = OPT_IN  # after which Twilio delivers again
    HELP = HELP
    HOW = HOW


def keyword(text: str, said_by_twilio: str = "") -> Keyword | None:
    """Return the keyword, or None.  Twilio's OptOutType goes first: its words are configurable.

    https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
    """
    if said_by_twilio in Keyword.__members__:
        return Keyword[said_by_twilio]
    word = _only_word(text)
    return next((each for each in Keyword if word in each.value), None)


def _only_word(text: str) -> str:
    """Return the letters, also of "STOP ALL" and "Opt-out!"; "" if longer than every keyword."""
    return re.sub(r"[\W_]", "", folded(text)) if len(text) <= _LONGEST_WORD else ""
