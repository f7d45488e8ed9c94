"""One SMTP session: hands a letter over and knows at each step what a failure means."""

import re
import smtplib
from contextlib import suppress

from notifications.channel import Away, NotDelivered
from notifications.mime.envelope import Envelope, with_dots

GOODBYE = 2.0  # seconds for QUIT: everything is decided by then, the rest is politeness

# The timeout of a socket's sendall() is for all it is given, so a slow line must be given little.
CHUNK = 64 * 1024

# RFC 4954 (6): the server wants another login.  The operator mends that; the letter is blameless.
LOGIN_REFUSED = frozenset({530, 534, 535, 538})

ANSWER_LENGTH = 1000  # characters of a server's answer that are worth a place in the database

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")  # RFC 3463, at the start of the answer

_NO_LAST_WORD = (
    "The mail server did not say whether it took the letter: "
    "the connection was lost, or timed out, after the letter had begun to be sent."
)


class HungUp(NotDelivered):
    """The server ended the session before it was sent any of the letter's content."""


class Session:
    """To be used only while `in_step`: while both sides agree where in the protocol they are."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp
        self._unfinished = False  # the server still remembers a letter that came to nothing
        self.in_step = True
        self.has_judged = False  # it has said yes or no to a letter at least once

    def hand_over(self, envelope: Envelope) -> None:
        """Returns when the letter was taken; raises HungUp or NotDelivered."""
        options = envelope.options(self._smtp.esmtp_features)
        self.in_step = False
        if self._unfinished:
            self._ask("to begin anew", "RSET")
        self._unfinished = True
        self._smtp.command_encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
        # Not smtplib's mail() and rcpt(): they use parseaddr, which may change an address.
        self._ask("the sender", "MAIL", f"FROM:<{envelope.sender}>{options}")
        self._ask("the recipient", "RCPT", f"TO:<{envelope.recipient}>")
        self._ask("the letter", "DATA")
        self._send_content(with_dots(envelope.content))
        self._unfinished = False

    def end(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(GOODBYE)
                self._smtp.quit()
        self.drop()

    def drop(self) -> None:
        self._smtp.close()

    def _ask(self, what: str, command: str, argument: str = "") -> None:
        try:
            code, answer = self._smtp.docmd(command, argument)
        except (smtplib.SMTPException, OSError):
            raise HungUp("The mail server ended the session before it had the letter.") from None
        if code // 100 == (3 if command == "DATA" else 2):
            return
        if code == 421 or code // 100 not in (4, 5):
            raise refusal("The mail server ended the session", code, answer, kind=HungUp)
        self._judged(what, code, answer)

    def _send_content(self, content: bytes) -> None:
        """From the first byte on, silence is no refusal: who knows how much has arrived?"""
        view = memoryview(content)
        try:
            for start in range(0, len(view), CHUNK):
                self._smtp.send(view[start : start + CHUNK])
            code, answer = self._smtp.getreply()
        except (smtplib.SMTPException, OSError):
            raise NotDelivered(_NO_LAST_WORD, uncertain=True) from None
        if code // 100 not in (2, 4, 5):
            raise NotDelivered(_NO_LAST_WORD, uncertain=True, answer=_text(answer))
        self._judged("the letter", code, answer)

    def _judged(self, what: str, code: int, answer: bytes) -> None:
        self.has_judged = True
        self.in_step = code != 421  # which is the last thing a server says (RFC 5321, 3.8)
        if code in LOGIN_REFUSED:
            raise refusal("The mail server wants another login", code, answer, kind=Away)
        if code >= 400:
            raise refusal(f"The mail server refused {what}", code, answer, permanent=code >= 500)


def refusal(
    ours: str,
    code: int,
    answer: bytes | str,
    *,
    permanent: bool = False,
    kind: type[NotDelivered] = NotDelivered,
) -> NotDelivered:
    """Our words and the server's numbers as the sentence; its words, as it said them, apart."""
    text = _text(answer)
    status = _STATUS.match(text)
    # smtplib's code for a reply without a number is -1.
    numbers = f"{code} {status[0]}" if status else f"{code}" if code > 0 else "no SMTP reply"
    return kind(f"{ours} ({numbers}).", permanent=permanent, answer=f"{code} {text}")


def _text(answer: bytes | str) -> str:
    text = answer if isinstance(answer, str) else answer.decode("utf-8", "replace")
    return text.replace("\0", "\ufffd")[:ANSWER_LENGTH]  # PostgreSQL takes anything but NUL
