"""Reads what an approver answered by mail: approve, reject, or nothing that is certain."""

from dataclasses import dataclass

from models import Verdict
from notifications.replies.answer import answer_in, takes_back
from notifications.replies.quotes import own_words
from notifications.replies.reply_body import body_of
from notifications.replies.reply_words import as_comment


@dataclass(frozen=True)
class Reply:
    """`verdict` is None if the mail was not understood; then there is no comment either."""

    verdict: Verdict | None
    comment: str  # at most COMMENT_LIMIT characters, with \n as line end, "" if there is none


NOT_UNDERSTOOD = Reply(None, "")


def read_reply(raw: bytes) -> Reply:
    """Any bytes.  Whether a machine wrote them is `notifications.automatic`'s to say, and before.

    The first line that the approver wrote decides, if it is an answer and nothing else.  The lines
    below it, down to the quote or the signature, are the comment, unless one takes the answer back.
    """
    return reply_in(body_of(raw))


def reply_in(text: str) -> Reply:
    """The same for the text of a mail."""
    blocks = own_words(text)
    if not blocks:
        return NOT_UNDERSTOOD
    first, *below = _without_blank_start(blocks[0])
    answer = answer_in(first)
    if answer is None:
        return NOT_UNDERSTOOD
    further = [*below, *(line for block in blocks[1:] for line in block)]
    if any(takes_back(line, answer.verdict) for line in further):
        return NOT_UNDERSTOOD
    return Reply(answer.verdict, as_comment("\n".join([answer.comment, *below])))


def _without_blank_start(block: list[str]) -> list[str]:
    return block[next(number for number, line in enumerate(block) if line) :]
