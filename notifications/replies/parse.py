"""Reads what an approver answered by mail: a verdict, or nothing that is certain."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from enum import StrEnum
from itertools import chain
from typing import Final

from models import Verdict
from notifications.mime.mime_parts import Part, Unreadable, content_of
from notifications.mime.signed import OPAQUE, signed_content, without_pgp
from notifications.replies import answer
from notifications.replies.html import text_of_html
from notifications.replies.quotes import Own, own_words
from notifications.replies.vocabulary import GUESSED, as_comment, cleaned, hesitation

# Bytes of one text part, quotes and HTML included.  Our letters have a few thousand, and a hostile
# mail of this size takes four seconds.
TEXT_LIMIT: Final = 500_000

# Bytes of a mail in which its text is found; attachments follow the text.  50 MB of empty lines
# would take the email package a minute and a gigabyte.
READ_LIMIT: Final = 5_000_000

APPROVAL_LIMIT: Final = 5_000  # characters of an approver's own words, signature included

# What the letter quotes that says why a reply did not count.
QUOTED_LINES: Final = 3
QUOTED_LENGTH: Final = 100  # characters of a line

# Programs that say the left one send the right one, whose first half is the same.  (For Latin-1 it
# is the WHATWG's Encoding standard that says so.)
_MEANT = {"iso8859-1": "cp1252", "ascii": "utf-8"}

# As alternatives, they give way to a text part.
_HTML: Final = ("text/html", "multipart/related")


class Why(StrEnum):
    """Why a reply decides nothing."""

    EMPTY = "empty"  # nothing that the approver wrote, or nothing that can be read
    NO_ANSWER = "no answer"  # it does not begin with an answer, or the line continues after it
    HESITATION = "hesitation"  # a condition, doubt, delay, question, second thought or wish
    CONTRADICTION = "contradiction"  # a word of the other kind follows
    NO_COMMENT = "no comment"  # it sends the message back, and does not say why
    REMARK = "remark"  # an approval with too long a remark, or one at another place of the quote


@dataclass(frozen=True)
class Reading:
    """The parsed reply.  If it was not understood, `verdict` is None and there is no comment."""

    verdict: Verdict | None
    comment: str = ""  # at most COMMENT_LIMIT characters, with \n as line end, "" if there is none
    # If it was not understood: its first lines and the line to blame, shortened.
    quote: str = ""
    why: Why | None = None


def read_reply(raw: bytes, *, name: str = "") -> Reading:
    """Any bytes.  Whether a machine wrote them is `notifications.automatic`'s to say, and before.

    `name` is the approver's, who may sign with it directly below the verdict.
    """
    return reply_in(body_of(raw), name=name)


def reply_in(text: str, *, name: str = "") -> Reading:
    """The same for the text of a mail.

    The first paragraph that the approver wrote, behind a banner and a greeting, is the answer or
    there is none.  An approval counts if nothing that follows it may limit it; another answer
    counts unless a line takes it back, and one that sends the message back needs a comment.
    """
    own = own_words(text)
    lines = answer.without_opening(own.blocks[0]) if own.blocks else []
    if not lines:
        return Reading(None, why=Why.EMPTY)
    size = _end_of_answer(lines, name)
    paragraph = "\n".join(lines[:size])
    is_signed = any(lines[size : size + 1])
    found = answer.answer_in(paragraph.removesuffix(",") if is_signed else paragraph)
    if found is None:
        why = Why.HESITATION if hesitation(paragraph[:APPROVAL_LIMIT]) else Why.NO_ANSWER
        return _not_understood(lines, why, lines[0])
    objection = _objection(found, lines[size:], own, name=name)
    if objection:
        return _not_understood(lines, *objection)
    comment = as_comment(f"{found.reason}\n{_comment(lines[size:])}")
    if found.verdict is Verdict.SENT_BACK and not _says_something(comment, name):
        return _not_understood(lines, Why.NO_COMMENT, lines[0])
    return Reading(found.verdict, comment)


def _not_understood(lines: list[str], why: Why, to_blame: str) -> Reading:
    quoted = [line for line in lines if line][:QUOTED_LINES]
    if to_blame not in quoted:
        quoted += ["…", to_blame]
    elif len(quoted) < sum(map(bool, lines)):
        quoted.append("…")
    return Reading(None, quote="\n".join(map(_shortened, quoted)), why=why)


def _shortened(line: str) -> str:
    shown = as_comment(line[:QUOTED_LENGTH])
    return f"{shown}…" if len(line) > QUOTED_LENGTH else shown


def _end_of_answer(lines: list[str], name: str) -> int:
    """Return the index of the line that ends it: blank, a closing formula, the approver's name."""
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        closes = answer.is_closing(line) and answer.is_name(following)
        if not line or (number and (closes or (name and answer.is_name_of(line, name)))):
            return number
    return len(lines)


def _objection(
    found: answer.Answer, below: list[str], own: Own, *, name: str
) -> tuple[Why, str] | None:
    """Return why the answer does not count, and the line to blame; None if it counts."""
    below = [line for line in chain(below, *own.blocks[1:]) if line]
    if found.verdict is Verdict.APPROVED:
        return next(_doubts(below, [line for line in own.signature if line], name), None)
    further = chain(found.reason.split("\n"), below)
    taken_back = (line for line in further if answer.takes_back(line, found.verdict))
    return next(((Why.CONTRADICTION, line) for line in taken_back), None)


def _doubts(below: list[str], signature: list[str], name: str) -> Iterator[tuple[Why, str]]:
    """Yield every line that may limit an approval: it cannot be taken back, so a doubt counts."""
    every = [*below, *signature]
    if sum(map(len, every)) > APPROVAL_LIMIT:
        yield Why.REMARK, every[0]
    signed = False
    for number, line in enumerate(every):
        formula, named = answer.is_closing(line), answer.is_name_of(line, name)
        courteous = answer.is_courteous(line)
        # More text may follow thanks; a signature follows a name.
        signed = signed or (formula and not courteous) or number >= len(below)
        if hesitation(line) or (not formula and not courteous and hesitation(line, "wishes")):
            yield Why.HESITATION, line
        if answer.takes_back(line, Verdict.APPROVED) or (not signed and answer.rejects(line)):
            yield Why.CONTRADICTION, line
        of_signature = named or (signed and answer.is_of_signature(line))
        if not (courteous or formula or of_signature):
            yield Why.REMARK, line
        signed = signed or (named and not courteous)
    if hesitation("\n".join(every)):
        yield Why.HESITATION, every[0]


def _says_something(comment: str, name: str) -> bool:
    """Return whether a line is more than courtesies, a closing formula or the approver's name."""
    return any(
        line
        and not (answer.is_courteous(line) or answer.is_closing(line))
        and not (name and answer.is_name_of(line, name))
        for line in comment.split("\n")
    )


def _comment(lines: list[str]) -> str:
    """Return the lines above a closing formula; thanks are one if a name or nothing follows."""
    for number, line in enumerate(lines):
        if answer.is_closing(line):
            following = next((each for each in lines[number + 1 :] if each), "")
            if answer.is_name(following) or not answer.is_courteous(line):
                return "\n".join(lines[:number])
    return "\n".join(lines)


def body_of(raw: bytes) -> str:
    """Return the text part, or the HTML part as text if there is no text; "" without both.

    Returns "" too if the bytes cannot be parsed.  Attachments, mails within the mail and encrypted
    parts are not read.
    """
    try:
        return _body(_parsed(raw[:READ_LIMIT]))
    except Exception:
        # Unreadable, and nearly any other: the email package crashes on some malformed mails.
        return ""


def _parsed(raw: bytes) -> Message:
    root = BytesParser(Part, policy=compat32).parsebytes(raw)
    if any(part.get_content_type() == "multipart/encrypted" for part in root.walk()):
        raise Unreadable("The message is encrypted.")
    return root


def _body(part: Message, *, opened: bool = False) -> str:
    """Return the text, at any depth that was parsed (DEPTH_LIMIT); open one opaque signature."""
    kind = part.get_content_type()
    payload = part.get_payload()
    if not isinstance(payload, list):
        if kind in OPAQUE and not opened and isinstance(part, Part):
            return _body(_parsed(signed_content(content_of(part))), opened=True)
        return _leaf(part, kind) if isinstance(part, Part) else ""
    if kind == "multipart/report":
        return ""
    inside = payload[:1] if kind == "multipart/signed" else payload
    parts = [each for each in inside if isinstance(each, Message)]
    if kind == "multipart/alternative":
        parts.sort(key=lambda each: each.get_content_type() in _HTML)
    bodies = (_body(each, opened=opened) for each in parts)
    return next((body for body in bodies if cleaned(body).strip()), "")


def _leaf(part: Part, kind: str) -> str:
    if part.is_attachment() or part.get_filename():
        return ""
    if kind == "text/plain":
        return without_pgp(_unflowed(_text_of(part), part))
    if kind != "text/html":
        return ""
    try:
        return text_of_html(_text_of(part))
    except Unreadable:  # with its pictures inside, perhaps; there may be a text part, too
        return ""


def _text_of(part: Part) -> str:
    data = content_of(part)
    if len(data) > TEXT_LIMIT:
        raise Unreadable("The text is too long for an answer.")
    return _decoded(data, part.get_content_charset()).replace("\r\n", "\n")


def _decoded(data: bytes, charset: str | None) -> str:
    """Decode; an uncertain character becomes U+FFFD, which is in no word, or follows GUESSED."""
    try:
        name = codecs.lookup(charset or "ascii").name
        return data.decode(_MEANT.get(name, name), "strict" if name == "ascii" else "replace")
    except UnicodeDecodeError:
        return re.sub(r"[^\0-\x7f]", rf"{GUESSED}\g<0>", data.decode("cp1252", "replace"))
    except (LookupError, ValueError):
        return data.decode("ascii", "replace")


def _unflowed(text: str, part: Part) -> str:
    """Join the lines of a flowed text: one that ends with a blank continues (RFC 3676)."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    whole: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        quoted, separates = line.startswith(">"), line == "-- "
        if goes_on and not separates and quoted == whole[-1].startswith(">"):
            whole[-1] += line.lstrip("> ") if quoted else line.removeprefix(" ")
        else:
            whole.append(line)
        goes_on = line.endswith(" ") and not separates
    return "\n".join(whole)
