"""One SMTP session: send letters one after the other, and know at each step what a failure means.

Where the server offers PIPELINING (RFC 2920), the end of one letter and the commands of the next
travel in one group.  A letter's content leaves only when its own commands and the letter before it
were answered: of a session that breaks off, at most one letter is in doubt.
"""

import smtplib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from notifications.channel import NotDelivered, Unavailable
from notifications.mime.envelope import Envelope, with_dots
from notifications.smtp.letters import Letters
from notifications.smtp.replies import (
    LOGIN_REFUSED,
    SessionEnded,
    ends_session,
    read_accepted,
    read_reply,
    refusal,
    reply_text,
)

QUIT_TIMEOUT = 2.0  # seconds; every letter has its answer by then

# Bytes.  The timeout of sendall() is for everything it is given, so a slow line is given little.
CHUNK = 64 * 1024

_NO_FINAL_ANSWER = (
    "The mail server did not say whether it took the letter: "
    "the connection was lost, or timed out, after the letter had begun to be sent."
)

_ENDED = "The mail server ended the session"

_NO_ANSWER = "The mail server ended the session before it had the letter."

# What a refusal of the command refuses.
_SUBJECTS = {"MAIL": "the sender", "RCPT": "the recipient", "DATA": "the letter", ".": "the letter"}

# What became of a letter, for each of its recipients in turn: None if the server has taken it.
Outcomes = list[NotDelivered | None]

# A letter, and what became of it.
Answered = tuple[Envelope, Outcomes]

# Called just before the content of a letter is sent; if it raises, the content is not sent.
Permit = Callable[[Envelope], object]


@dataclass(slots=True)
class Offer:
    """The commands of one letter, and what the server answered to them."""

    letter: Envelope
    commands: list[str] = field(default_factory=list)
    refusal: NotDelivered | None = None  # of the letter, for all its recipients
    answered: Outcomes = field(default_factory=list)  # of the recipients, if there is no refusal
    is_addressed: bool = False  # the server accepted a recipient
    wants_content: bool = False  # the server said 354
    ended: SessionEnded | None = None  # the session, before every recipient had an answer

    @property
    def final(self) -> NotDelivered | None:
        """Return why the letter cannot be sent; None if the server waits for its content."""
        if self.refusal or self.is_addressed:
            return self.refusal
        return next(filter(None, self.answered), None)

    def outcomes(self, final: NotDelivered | None) -> Outcomes:
        """Return what became of the letter; `final` is for every recipient not refused before."""
        unanswered = len(self.letter.recipients) - len(self.answered)
        # The refusal of one recipient says nothing of those after it.
        rest = final if self.refusal else self.ended or final
        return [refused or final for refused in self.answered] + [rest] * unanswered

    def record(self, verb: str, refused: NotDelivered | None) -> None:
        """Record the answer to one of its commands."""
        if verb == "RCPT":
            self.is_addressed |= refused is None
            # Without a sender, the server refuses every recipient, whatever it thinks of them.
            if self.refusal is None:
                self.answered.append(refused)
        elif verb == "DATA":
            self.wants_content = refused is None
            if self.is_addressed:
                self.refusal = self.refusal or refused
        else:
            self.refusal = refused


class Session:
    """May be used only while `in_sync`: while both sides agree on the state of the protocol."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp
        self._pipelining = smtp.has_extn("pipelining")
        self._needs_reset = False  # the server still has an unfinished letter
        self._has_ended = False
        self.in_sync = True
        self.has_answered = False  # it has taken or refused at least one letter

    def send_all(self, letters: Letters, permit: Permit) -> Iterator[Answered | None]:
        """Yield None when a letter has been sent or refused, and then what became of it.

        At None the server is at work, and the next step waits for its answer.

        May end before the last letter; those without an answer are still among `letters`.  Raise
        SessionEnded if the session ended before the next letter's content, and Unavailable if the
        server takes none at all.
        """
        offer = self._prepared(letters.next)
        self._offer(offer)
        while offer:
            final = offer.refusal or self._hear(offer)
            following = self._prepared(letters.second)
            if final:
                self._offer(following)
                yield None
            else:
                permit(offer.letter)
                is_sent = self._send_content(offer, following)
                yield None
                final = self._hear_final(following) if is_sent else self._broken_off()
            letters.advance()
            yield offer.letter, offer.outcomes(final)
            if isinstance(final, Unavailable):
                raise final
            offer = None if self._has_ended else following

    def quit(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(QUIT_TIMEOUT)
                self._smtp.quit()
        self.close()

    def close(self) -> None:
        self._smtp.close()

    def _prepared(self, letter: Envelope | None) -> Offer | None:
        """Return the offer of a letter, which this server may be unable to take."""
        if letter is None:
            return None
        try:
            options = letter.options(self._smtp.esmtp_features)
        except NotDelivered as impossible:
            return Offer(letter, refusal=impossible)
        recipients = map("RCPT TO:<{}>".format, letter.recipients)
        return Offer(letter, [f"MAIL FROM:<{letter.sender}>{options}", *recipients, "DATA"])

    def _offer(self, offer: Offer | None) -> None:
        # If this fails, so does reading the answers.
        with suppress(smtplib.SMTPException, OSError):
            self._write(b"", offer)

    def _write(self, content: bytes, offer: Offer | None) -> None:
        """Send the end of one letter, and with PIPELINING the commands of the next."""
        group = content
        if offer and not offer.refusal:
            if self._needs_reset and not content:
                offer.commands.insert(0, "RSET")
            if self._pipelining:
                group += _lines(offer.commands)
        for start in range(0, len(group), CHUNK):
            self.in_sync = False
            self._smtp.send(group[start : start + CHUNK])

    def _hear(self, offer: Offer) -> NotDelivered | None:
        """Read the answers; return why the letter is refused, None if its content may follow."""
        self._needs_reset, self.in_sync = True, False
        if self._pipelining and self._all_accepted(offer):
            return None
        try:
            for command in offer.commands:
                verb = command[:4]
                if not self._pipelining:
                    # Each recipient is tried, also after one that is refused.
                    if offer.refusal or (verb == "DATA" and offer.final):
                        break
                    self._command(command)
                offer.record(verb, self._answer(verb))
            if offer.final:
                self._close_data(offer)
        except SessionEnded as ended:
            self._has_ended, offer.ended = True, ended
            if not offer.final:
                raise
        # A server that has said 354 takes the next command for content.
        self.in_sync = offer.final is not None and not self._has_ended
        return offer.final

    def _all_accepted(self, offer: Offer) -> bool:
        """Read the answers to all commands at once if they are here and none refuses anything."""
        return self._smtp.file is not None and read_accepted(self._smtp.file, len(offer.commands))

    def _answer(self, verb: str) -> NotDelivered | None:
        """Return what the answer to a command refuses; None if it is the one hoped for."""
        try:
            code, answer = self._reply()
        except (smtplib.SMTPException, OSError):
            raise SessionEnded(_NO_ANSWER) from None
        if code // 100 == (3 if verb == "DATA" else 2):
            return None
        if ends_session(code) or verb == "RSET":
            raise refusal(_ENDED, code, answer, step=verb, kind=SessionEnded)
        return self._refused(verb, code, answer)

    def _reply(self) -> tuple[int, bytes]:
        if self._smtp.file is None:  # a failed write has closed it
            raise smtplib.SMTPServerDisconnected
        return read_reply(self._smtp.file)

    def _command(self, command: str) -> None:
        # If this fails, so does reading the answer.
        with suppress(smtplib.SMTPException, OSError):
            self._smtp.send(_lines([command]))

    def _close_data(self, offer: Offer) -> None:
        """End a letter that has no recipients, which the server wants all the same (RFC 2920, 3.1).

        If it has one, but no sender, the server must not get even an empty letter.
        """
        if not offer.wants_content:
            return
        if offer.is_addressed:
            raise SessionEnded(_NO_ANSWER)
        self._command(".")
        self._answer(".")

    def _send_content(self, offer: Offer, following: Offer | None) -> bool:
        """Send the letter with the commands of the following one; return whether that worked."""
        try:
            self._write(with_dots(offer.letter.content), following)
        except (smtplib.SMTPException, OSError):
            return False
        return True

    def _hear_final(self, following: Offer | None) -> NotDelivered | None:
        """Return why the letter was refused, or is in doubt; None if the server took it."""
        try:
            code, answer = self._reply()
        except (smtplib.SMTPException, OSError):
            return self._broken_off()
        self._needs_reset = False  # the server has forgotten it, whatever it answers
        self._has_ended = code // 100 != 2 and ends_session(code)
        is_offered = self._pipelining and following is not None and not following.refusal
        self.in_sync = not (self._has_ended or is_offered)
        if code // 100 == 2:
            self.has_answered = True
            return None
        if code // 100 not in (4, 5):
            return NotDelivered(_NO_FINAL_ANSWER, uncertain=True, answer=reply_text(answer))
        try:
            return self._refused(".", code, answer)
        except Unavailable as failure:
            return failure

    def _broken_off(self) -> NotDelivered:
        self._has_ended = True
        return NotDelivered(_NO_FINAL_ANSWER, uncertain=True)

    def _refused(self, verb: str, code: int, answer: bytes) -> NotDelivered:
        """Return what a code of 400 or more means; raise Unavailable if it is about any letter."""
        self.has_answered = True
        if code in LOGIN_REFUSED:
            raise refusal("The mail server wants another login", code, answer, kind=Unavailable)
        sentence = f"The mail server refused {_SUBJECTS[verb]}"
        return refusal(sentence, code, answer, step=verb, permanent=code >= 500)


def _lines(commands: list[str]) -> bytes:
    return "\r\n".join([*commands, ""]).encode()
