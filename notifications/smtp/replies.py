"""What a server's reply means, as an error that names its numbers and keeps its text."""

import re
import smtplib
from functools import cache
from io import BufferedReader
from typing import BinaryIO, Final

from notifications.channel import NotDelivered

# RFC 4954 (6): the server wants another login.  That is the operator's to correct.
LOGIN_REFUSED = frozenset({530, 534, 535, 538})

MAX_ANSWER = 1000  # characters of a server's answer that are stored

# 421 and 45x, except for a full or closed mailbox and for trouble of the relay itself (RFC 3463).
_FEWER = re.compile(
    r"4(?:21|5\d)(?! 4\.(?:2\.[1-4]|3\.\d{1,3})(?:\s|$))(?: 4\.\d{1,3}\.\d{1,3}(?=\s|$))?"
)

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")  # RFC 3463, at the start of the answer


MAX_LINE: Final = 8192  # bytes; RFC 5321 (4.5.3.1.5) allows 512


class SessionEnded(NotDelivered):
    """The server ended the session before it was sent any of the letter's content."""


def read_reply(file: BinaryIO) -> tuple[int, bytes]:
    """Read a reply, as `smtplib.SMTP.getreply` does in three times as long.

    Return its code, -1 if it has none, and its text.  Raise SMTPException or OSError.
    """
    lines: list[bytes] = []
    while True:
        line = file.readline(MAX_LINE)
        if not line.endswith(b"\n"):
            raise smtplib.SMTPServerDisconnected
        lines.append(line[4:].strip())
        code = line[:3]
        if not code.isdigit():
            return -1, b"\n".join(lines)
        if line[3:4] != b"-":
            return int(code), b"\n".join(lines)


def read_accepted(file: BufferedReader, commands: int) -> bool:
    """Read the replies to a letter's commands, DATA the last, if all are here and as hoped for.

    If not, nothing is read: `read_reply` takes them one by one, and meets the same failure.
    """
    try:
        found = _accepted(commands).match(file.peek())
    except OSError:
        return False
    if found:
        file.read(found.end())
    return found is not None


@cache
def _accepted(commands: int) -> re.Pattern[bytes]:
    """Return the pattern of replies of one line each."""
    return re.compile(rb"(?:2\d\d [^\n]*\n){%d}3\d\d [^\n]*\n" % (commands - 1))


def fewer_wanted(outcome: NotDelivered, *, alone: bool) -> str:
    """Return the numbers of an answer that wants fewer copies for the recipient's domain, or "".

    `alone`: all recipients of the letter are of that domain, so that a refusal of the letter is
    about it, too.
    """
    concerns_it = outcome.step == "RCPT" or (alone and outcome.step in ("DATA", "."))
    found = _FEWER.match(outcome.answer) if concerns_it else None
    return found[0] if found else ""


def ends_session(code: int) -> bool:
    """Whether a reply that is not the expected one ends the session: 421, or it means nothing."""
    return code == 421 or code // 100 not in (4, 5)


def refusal(
    sentence: str,
    code: int,
    answer: bytes | str,
    *,
    step: str = "",
    permanent: bool = False,
    kind: type[NotDelivered] = NotDelivered,
) -> NotDelivered:
    """Return the error: its sentence has the server's numbers, its `answer` the server's text."""
    text = reply_text(answer)
    status = _STATUS.match(text)
    # smtplib's code for a reply without a number is -1.
    numbers = f"{code} {status[0]}" if status else f"{code}" if code > 0 else "no SMTP reply"
    refused = kind(f"{sentence} ({numbers}).", permanent=permanent, answer=f"{code} {text}")
    refused.step = step
    return refused


def reply_text(answer: bytes | str) -> str:
    text = answer if isinstance(answer, str) else answer.decode("utf-8", "replace")
    return text.replace("\0", "\ufffd")[:MAX_ANSWER]  # PostgreSQL stores no NUL
