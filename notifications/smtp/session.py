"""One SMTP session: send a letter, and know at each step what a failure means."""

import re
import smtplib
from contextlib import suppress

from notifications.channel import NotDelivered, Unavailable
from notifications.mime.envelope import Envelope, with_dots

QUIT_TIMEOUT = 2.0  # seconds; every letter has its answer by then

# Bytes.  The timeout of sendall() is for everything it is given, so a slow line is given little.
CHUNK = 64 * 1024

# RFC 4954 (6): the server wants another login.  That is the operator's to correct.
LOGIN_REFUSED = frozenset({530, 534, 535, 538})

MAX_ANSWER = 1000  # characters of a server's answer that are stored

_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")  # RFC 3463, at the start of the answer

_NO_FINAL_ANSWER = (
    "The mail server did not say whether it took the letter: "
    "the connection was lost, or timed out, after the letter had begun to be sent."
)


class SessionEnded(NotDelivered):
    """The server ended the session before it was sent any of the letter's content."""


class Session:
    """May be used only while `in_sync`: while both sides agree on the state of the protocol."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp
        self._needs_reset = False  # the server still has an unfinished letter
        self.in_sync = True
        self.has_answered = False  # it has taken or refused at least one letter

    def send(self, envelope: Envelope) -> None:
        """Return when the letter was taken; raise SessionEnded or NotDelivered if not."""
        options = envelope.options(self._smtp.esmtp_features)
        self.in_sync = False
        if self._needs_reset:
            self._command("to reset the session", "RSET")
        self._needs_reset = True
        self._smtp.command_encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
        # Not smtplib's mail() and rcpt(): they use parseaddr, which may change an address.
        self._command("the sender", "MAIL", f"FROM:<{envelope.sender}>{options}")
        self._command("the recipient", "RCPT", f"TO:<{envelope.recipient}>")
        self._command("the letter", "DATA")
        self._send_content(with_dots(envelope.content))
        self._needs_reset = False

    def quit(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(QUIT_TIMEOUT)
                self._smtp.quit()
        self.close()

    def close(self) -> None:
        self._smtp.close()

    def _command(self, subject: str, command: str, argument: str = "") -> None:
        try:
            code, answer = self._smtp.docmd(command, argument)
        except (smtplib.SMTPException, OSError):
            raise SessionEnded(
                "The mail server ended the session before it had the letter."
            ) from None
        if code // 100 == (3 if command == "DATA" else 2):
            return
        if code == 421 or code // 100 not in (4, 5):
            raise refusal("The mail server ended the session", code, answer, kind=SessionEnded)
        self._check(subject, code, answer)

    def _send_content(self, content: bytes) -> None:
        """Send it; a connection lost after the first byte is uncertain: it may have arrived."""
        view = memoryview(content)
        try:
            for start in range(0, len(view), CHUNK):
                self._smtp.send(view[start : start + CHUNK])
            code, answer = self._smtp.getreply()
        except (smtplib.SMTPException, OSError):
            raise NotDelivered(_NO_FINAL_ANSWER, uncertain=True) from None
        if code // 100 not in (2, 4, 5):
            raise NotDelivered(_NO_FINAL_ANSWER, uncertain=True, answer=_text(answer))
        self._check("the letter", code, answer)

    def _check(self, subject: str, code: int, answer: bytes) -> None:
        """Raise what a code of 400 or more means for `subject`."""
        self.has_answered = True
        self.in_sync = code != 421  # the last thing that a server says (RFC 5321, 3.8)
        if code in LOGIN_REFUSED:
            raise refusal("The mail server wants another login", code, answer, kind=Unavailable)
        if code >= 400:
            raise refusal(f"The mail server refused {subject}", code, answer, permanent=code >= 500)


def refusal(
    sentence: str,
    code: int,
    answer: bytes | str,
    *,
    permanent: bool = False,
    kind: type[NotDelivered] = NotDelivered,
) -> NotDelivered:
    """Return the error: its sentence has the server's numbers, its `answer` the server's text."""
    text = _text(answer)
    status = _STATUS.match(text)
    # smtplib's code for a reply without a number is -1.
    numbers = f"{code} {status[0]}" if status else f"{code}" if code > 0 else "no SMTP reply"
    return kind(f"{sentence} ({numbers}).", permanent=permanent, answer=f"{code} {text}")


def _text(answer: bytes | str) -> str:
    text = answer if isinstance(answer, str) else answer.decode("utf-8", "replace")
    return text.replace("\0", "\ufffd")[:MAX_ANSWER]  # PostgreSQL stores no NUL
