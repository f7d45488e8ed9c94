"""Hands letters to the organisation's SMTP server and says what became of each."""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

from pydantic import SecretStr

from notifications.channel import Away
from notifications.mime.envelope import Envelope
from notifications.smtp.session import HungUp, Session, refusal
from settings import Settings
from settings.types import SmtpServer, smtp_server

# RFC 5321 (4.5.3.2) would have us wait for minutes at each step, up to ten for the last answer; a
# worker that did would hold a whole batch up.  A minute is more than a scanner for viruses takes.
TIMEOUT = 60.0

# A server that hangs costs a timeout.  After two of them in a row the rest of a batch is not tried.
VAIN_SESSIONS = 2


class Connection:
    """Made by `Relay.connect`.  It opens a new session where the server has ended the last one."""

    def __init__(self, opened: Callable[[], Session]) -> None:
        self._opened = opened
        self._session: Session | None = opened()
        self._in_vain = 0  # sessions in a row that ended without a yes or no to any letter

    def send(self, content: bytes, *, sender: str, recipient: str) -> None:
        """Returns when the server has taken the letter; raises NotDelivered if not, or if unknown,
        and among these Away if the server did not even hear of it.

        `sender` is where bounces go, "" for nowhere.  Raises ValueError for an address with a line
        break in it.
        """
        envelope = Envelope.around(content, sender=sender, recipient=recipient)
        proven = self._session is not None and self._session.has_judged
        try:
            self._hand_over(envelope)
        except HungUp:
            if not proven:
                raise
            # Servers end a session that was idle for long or has had its share of letters, often
            # without a word.  Nothing of this letter was sent yet: it may have one fresh session.
            self._hand_over(envelope)

    def close(self) -> None:
        if self._session is not None:
            self._session.end()
            self._session = None

    def _hand_over(self, envelope: Envelope) -> None:
        session = self._ready()
        # It comes back only if the conversation ended in a known place.  After a timeout, or an
        # exception from elsewhere such as Celery's time limit, the server might read the next
        # letter as a part of this one.
        self._session = None
        try:
            session.hand_over(envelope)
        finally:
            if session.in_step:
                self._session = session
            else:
                session.drop()
                self._in_vain = 0 if session.has_judged else self._in_vain + 1

    def _ready(self) -> Session:
        if self._session is not None:
            return self._session
        if self._in_vain >= VAIN_SESSIONS:
            raise Away("The mail server has gone away; this letter was not tried.")
        try:
            return self._opened()
        except Away:
            self._in_vain = VAIN_SESSIONS
            raise


@dataclass(frozen=True)
class Relay:
    """The SMTP server that takes all our mail."""

    server: SmtpServer
    timeout: float = TIMEOUT  # seconds for each step
    # The certificate, by the system's list.  Without verifying a password may go in clear, too.
    verify: bool = True

    @classmethod
    def from_url(cls, url: str, *, timeout: float = TIMEOUT, verify: bool = True) -> Self:
        """Return the relay of an SMTP_URL; raise ValueError, not quoting it, if it is wrong."""
        return cls(smtp_server(SecretStr(url)), timeout, verify)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection for any number of letters.  Raises Away, which is never for good.

        What the server refuses before it knows a letter, with 5xx too, is no fault of the letter.
        """
        connection = Connection(self._opened)
        try:
            yield connection
        finally:
            connection.close()

    def _opened(self) -> Session:
        try:
            return Session(self._greeted())
        except smtplib.SMTPResponseException as no:
            raise refusal(_NO_SESSION, no.smtp_code, no.smtp_error, kind=Away) from None
        # A name that cannot be one is a UnicodeError, which is a ValueError; so is CRAM-MD5 where
        # the system forbids MD5.
        except (OSError, ValueError) as failure:
            raise _unusable(failure) from None

    def _greeted(self) -> smtplib.SMTP:
        with ExitStack() as on_failure:
            smtp = self._dialled()
            on_failure.callback(smtp.close)
            smtp.ehlo_or_helo_if_needed()
            if not self.server.tls and smtp.has_extn("starttls"):
                smtp.starttls(context=self._tls_context())
                smtp.ehlo_or_helo_if_needed()
            if self.server.user is not None and self.server.password is not None:
                self._log_in(smtp, self.server.user, self.server.password)
            on_failure.pop_all()
        return smtp

    def _dialled(self) -> smtplib.SMTP:
        host, port = self.server.host, self.server.port
        if not self.server.tls:
            return smtplib.SMTP(host, port, timeout=self.timeout)
        return smtplib.SMTP_SSL(host, port, timeout=self.timeout, context=self._tls_context())

    def _tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _log_in(self, smtp: smtplib.SMTP, user: str, password: str) -> None:
        if self.verify and not isinstance(smtp.sock, ssl.SSLSocket):
            raise Away(_IN_CLEAR)
        try:
            smtp.login(user, password)
        except smtplib.SMTPAuthenticationError as no:
            raise refusal(_LOGIN, no.smtp_code, no.smtp_error, kind=Away) from None


_NO_SESSION = "The mail server opens no session"

_LOGIN = (
    "The mail server does not accept the user and password of SMTP_URL; "
    "letters wait until the operator has mended them"
)

_IN_CLEAR = (
    "The mail server offers no encryption, so the password of SMTP_URL was not sent to it; "
    "letters wait until the operator has mended that."
)

# The first that fits; a bare SMTPException is what smtplib says where no way to log in is known.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (ConnectionRefusedError, "it refuses connections"),
    (socket.gaierror, "its name cannot be resolved"),
    (ssl.SSLCertVerificationError, "its certificate cannot be verified"),
    (ssl.SSLError, "TLS fails"),
    (TimeoutError, "it does not answer"),
    (smtplib.SMTPServerDisconnected, "it ends the connection or does not answer"),
    (smtplib.SMTPException, "it offers no login that is known here"),
)


def _unusable(failure: Exception) -> Away:
    reasons = (words for kind, words in _REASONS if isinstance(failure, kind))
    return Away(
        f"The mail server of SMTP_URL cannot be used: {next(reasons, 'it is out of reach')}."
    )


@dataclass(frozen=True)
class Mailer:
    """The relay, and the two addresses that letters and sendouts carry."""

    relay: Relay
    mail_from: str  # the From field of letters: `Name <address>`
    envelope_sender: str  # where bounces of letters and sendouts return to

    @classmethod
    def from_settings(cls, settings: Settings) -> "Mailer":
        """The mailer that the operator has configured."""
        return cls(
            relay=Relay.from_url(
                settings.smtp_url.get_secret_value(),
                timeout=settings.smtp_timeout,
                verify=settings.smtp_verify,
            ),
            mail_from=settings.mail_from,
            envelope_sender=settings.envelope_sender,
        )
