"""The grammar of an answer: a verdict and courtesies, and for other than approvals a reason."""

import re
import string
from typing import Final, NamedTuple

from models import Verdict
from notifications.replies.vocabulary import any_of, folded, hesitation, phrases

ANSWER_LIMIT: Final = 200  # characters of a verdict with its courtesies
_NAME_WORDS: Final = 4
_PARTICLES: Final = {"de", "du", "la", "von", "van", "der", "den", "zu", "di", "da"} | {
    *("aus", "from", "i", "a")  # Grace aus Bonn, i. A. Grace
}
_SMALL_WORDS: Final = 6  # in a line of a signature, its address and links included
_BANNER_LINES: Final = 5


_VERBS = {
    Verdict.APPROVED: any_of("approve", "approve_by_mail"),
    Verdict.REJECTED: any_of("reject", "reject_by_mail"),
    Verdict.SENT_BACK: any_of("send_back", "send_back_by_mail"),
}
_COURTESY = any_of("courtesies")

# How *bold* and _slanted_ letters look as text, and quotation marks: on both sides or on neither.
_MARK = "[*_/\"'`“”„‟‘‚‛«»‹›]"  # noqa: RUF001

# A hyphen makes compounds (no-one, Ja- und Nein-Stimmen), and so do its longer kin up to the en
# dash: these need a blank on either side.
_DASH = r"(?: +[-‐‑‒–−](?=[ \n]|$)| *(?:--+|[—―]))"  # noqa: RUF001 (they look alike, hence)

_END = rf"(?: ?(?:\.|!+|:)|{_DASH})?"  # but neither a question mark nor three dots, which doubt
_BETWEEN = rf"(?: ?(?:[.,;:]|!+)[ \n]*|{_DASH}[ \n]*|[ \n]+|(?=[👍✅👎]))"


def _closed(verdict: Verdict) -> str:
    """The verb and courtesies, and not a word else; without a way back, so that time is linear."""
    verb = _VERBS[verdict]
    item = rf"(?:{verb}|{_MARK}+ ?{verb}{_END} ?{_MARK}+)"
    # Thanks may come first, but "Please approve" asks, and "Thanks, no" is not certain.
    first = (
        rf"(?>(?:(?!{verb}(?!\w)){_COURTESY} ?[,.!]+[ \n]+)*)"
        if verdict is Verdict.APPROVED
        else ""
    )
    # Not *+, which Python before 3.11.5 matches wrongly where its part can be matched in two ways.
    body = rf"{first}{item}(?>(?:{_BETWEEN}(?:{item}|{_COURTESY}))*){_END}"
    return rf"(?:{_MARK}+ ?{body} ?{_MARK}+{_END}|{body})"


def _reasoned(verb: str) -> str:
    """Return the pattern of the verb and its separator from the reason: a sign, or the line end."""
    stop = r"(?: ?[.!…]+)?"
    gap = rf"(?: *:|{_DASH}|[.!…,]+(?=\s+\S)|(?=\n))"
    begun = rf"{verb}(?: +{_COURTESY})?{stop}"
    return rf"(?:{begun}{gap}|{_MARK}+ ?{begun}(?:{gap} ?{_MARK}+| ?{_MARK}+{stop}{gap}))\s*"


_CLOSED = {verdict: re.compile(_closed(verdict)) for verdict in _VERBS}
_REASONED = {
    Verdict.REJECTED: re.compile(_reasoned(_VERBS[Verdict.REJECTED])),
    # Most of these words also begin sentences, so only a colon or the line end is certain.
    Verdict.SENT_BACK: re.compile(rf"{_VERBS[Verdict.SENT_BACK]}(?: *:|[.!]?(?=\n))\s*"),
}
_NUMBER = r"\.? ?[0-9]"  # "No. 7" is no answer
_BACK = rf"(?!{_NUMBER})" r"(?: *$|[^\w\s'-]|\s+[^\w\s]|\s+" + any_of("second_thoughts") + r"\b)"
_TAKEN_BACK = {
    verdict: re.compile(rf"{_MARK}*{verb}{_BACK}", re.MULTILINE) for verdict, verb in _VERBS.items()
}
_REJECTING = re.compile(rf"(?<!\w){_VERBS[Verdict.REJECTED]}(?![\w-]|{_NUMBER})")
_COURTEOUS = re.compile(
    rf"(?:{_COURTESY}|{_VERBS[Verdict.APPROVED]})(?>(?:{_BETWEEN}(?:{_COURTESY}))*){_END},?"
)
_GREETING = re.compile(any_of("greetings") + r"(?![^ ,.!:])")
_CLOSING = re.compile(any_of("closings") + r"(?![^ ,.!:])")
_BANNER = re.compile(r"[\W_]*" + any_of("banners"))
_OUTSIDE = re.compile(rf"\b{any_of('outside')}\b")
_REPEATED = re.compile(r"\b([^\W_]+)[\W_]+\1\b")  # "ja ja" is a shrug
_PRAISE: Final = frozenset(phrases("praise"))
_PHRASE_END = re.compile(r"(?<!\b\w)(?<!\b\w\w)(?<!\b\w\w\w)[.!?:;…]$")  # but not "Ltd."
_RULE = re.compile("[-=*_~]+")
_MERE_SIGNS = re.compile(f"[{re.escape(string.punctuation)} ]+")


class Answer(NamedTuple):
    verdict: Verdict
    reason: str  # of other than an approval; it may contain more than courtesies


def answer_in(paragraph: str) -> Answer | None:
    """The answer that a paragraph of `cleaned` lines is: the whole of it, or none."""
    start = folded(paragraph[:ANSWER_LIMIT])
    repeated = _REPEATED.search(start)
    for verdict, closed in _CLOSED.items():
        if len(paragraph) <= ANSWER_LIMIT and closed.fullmatch(start) and not repeated:
            return Answer(verdict, "")
    for verdict, reasoned in _REASONED.items():
        match = reasoned.match(start)
        reason = _behind(paragraph, match.end()) if match else ""
        # "no :(" would else be a colon and a reason.
        if reason and not _MERE_SIGNS.fullmatch(reason.partition("\n")[0]):
            return Answer(verdict, reason)
    return None


def _behind(text: str, size: int) -> str:
    """Return the rest of the text after `size` characters of it, counted as folded."""
    position = 0
    while size > 0:
        size -= len(folded(text[position]))
        position += 1
    return text[position:]


def verdict_of(word: str) -> Verdict | None:
    """Return the verdict that the word means in an SMS, or None."""
    kinds = {
        Verdict.APPROVED: "approve",
        Verdict.REJECTED: "reject",
        Verdict.SENT_BACK: "send_back",
    }
    return next((each for each, kind in kinds.items() if folded(word) in phrases(kind)), None)


def takes_back(line: str, verdict: Verdict) -> bool:
    """Whether a further `cleaned` line begins like an answer of another kind."""
    start = folded(line[:ANSWER_LIMIT])
    return any(back.match(start) for kind, back in _TAKEN_BACK.items() if kind is not verdict)


def rejects(line: str) -> bool:
    """Whether the line contains a rejecting word."""
    return bool(_REJECTING.search(folded(line)))


def is_courteous(line: str) -> bool:
    """Whether the line is courtesies, praise of a person or a text, or a rule, and nothing else."""
    if _COURTEOUS.fullmatch(folded(line)) or _RULE.fullmatch(line):
        return True
    words = re.findall(r"[^\W_]+", line) if len(line) <= ANSWER_LIMIT else []
    others = [word for word in words if folded(word) not in _PRAISE]
    return len(others) <= min(1, len(words) - 1) and is_name(" ".join(others))


def is_closing(line: str) -> bool:
    """Whether the line is a closing formula, perhaps followed by a name."""
    return _name_behind(_CLOSING, line) is not None


def is_name(text: str) -> bool:
    """Whether the text may be a name: a few words, each with a capital."""
    words = re.findall(r"[^\s,.:]+", text)
    return len(words) <= _NAME_WORDS and all(
        (word[0].isupper() and not re.search(r"\d", word)) or word in _PARTICLES for word in words
    )


def is_name_of(line: str, name: str) -> bool:
    """Whether a person of this name, if it is known, may have signed with the line."""
    known, written = (set(re.findall(r"[\w'-]+", folded(each))) for each in (name, line))
    if not written or (known and known.isdisjoint(written)):
        return False
    return written <= known or (is_name(line) and is_of_signature(line))


def is_of_signature(line: str) -> bool:
    """Whether the line may be one of a signature: titles, addresses, numbers, but no sentence."""
    small = sum(word[0].islower() for word in re.findall(r"\w+", line))
    begins_small = re.match(r"[a-z]{2,}(?![\w.:@-])", folded(line)) and line[0].islower()
    return small <= _SMALL_WORDS and not begins_small and not _PHRASE_END.search(line)


def without_opening(lines: list[str]) -> list[str]:
    """Return the lines without a mail gateway's banner and then a greeting, at most one of each."""
    lines = _without_blanks(lines)
    lines = _without_blanks(lines[_banner(lines) :])
    return _without_blanks(lines[1:]) if lines and is_greeting(lines[0]) else lines


def _without_blanks(lines: list[str]) -> list[str]:
    return lines[next((number for number, line in enumerate(lines) if line), len(lines)) :]


def _banner(lines: list[str]) -> int:
    """Count the lines of a banner that calls the mail external, or 0; it ends above an answer."""
    if not lines or not _BANNER.match(folded(lines[0][:ANSWER_LIMIT])):
        return 0
    ends = (n for n, line in enumerate(lines) if not line or answer_in(line))
    size = next(ends, len(lines))
    outside = any(_OUTSIDE.search(folded(line)) for line in lines[:size])
    return size if outside and size <= _BANNER_LINES else 0


def is_greeting(line: str) -> bool:
    """Whether the line is a greeting, perhaps with a name, and nothing more."""
    name = _name_behind(_GREETING, line)
    return name is not None and not hesitation(name) and not answer_in(name)


def _name_behind(formula: re.Pattern[str], line: str) -> str | None:
    """Return what follows the formula at the start if it may be a name or is ""; else None."""
    match = formula.match(folded(line[:ANSWER_LIMIT]))
    rest = _behind(line, match.end()) if match else ""
    return rest if match and is_name(rest) else None
