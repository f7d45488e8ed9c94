"""Send mail through the organisation's SMTP relay, and say what became of each letter."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self

from pydantic import SecretStr

from models import Message
from notifications.channel import Unavailable
from notifications.mime.copies import Copies
from notifications.mime.dkim_signature import DkimSigner
from notifications.mime.list_mail import CopySettings
from notifications.mime.return_path import ReturnPaths
from notifications.smtp.connection import Connection
from notifications.smtp.replies import refusal
from notifications.smtp.session import Session
from settings import Settings
from settings.types import SmtpServer, smtp_server

# Seconds.  RFC 5321 (4.5.3.2) asks for minutes at each step, up to ten for the last answer, which
# would block a worker and its batch.  A virus scanner needs less than one minute.
TIMEOUT = 60.0


@dataclass(frozen=True)
class Relay:
    """The SMTP server that takes all our mail."""

    server: SmtpServer
    timeout: float = TIMEOUT  # seconds for each step
    # Check the certificate, by the system's list.  If not, a password may also go unencrypted.
    verify: bool = True

    @classmethod
    def from_url(cls, url: str, *, timeout: float = TIMEOUT, verify: bool = True) -> Self:
        """Return the relay of an SMTP_URL; raise ValueError, not quoting it, if it is wrong."""
        return cls(smtp_server(SecretStr(url)), timeout, verify)

    @contextmanager
    def connect(self, *, patience: float | None = None) -> Iterator[Connection]:
        """Open a connection; raise Unavailable if there is none.

        `patience`: how many seconds the server has for each step until it takes letters.
        Whatever the server refuses before it knows a letter, even with 5xx, is not permanent.
        """
        connection = Connection(partial(self._open_session, patience or self.timeout))
        try:
            yield connection
        finally:
            connection.close()

    def _open_session(self, patience: float) -> Session:
        try:
            return Session(self._log_on(patience))
        except smtplib.SMTPResponseException as no:
            raise refusal(_NO_SESSION, no.smtp_code, no.smtp_error, kind=Unavailable) from None
        # An impossible host name is a UnicodeError, which is a ValueError; so is CRAM-MD5 where
        # the system forbids MD5.
        except (OSError, ValueError) as failure:
            raise _unavailable(failure) from None

    def _log_on(self, patience: float) -> smtplib.SMTP:
        with ExitStack() as on_failure:
            smtp = self._open_socket(patience)
            on_failure.callback(smtp.close)
            # Each write is a whole group that waits for answers; held back (Nagle), it takes twice
            # as long.
            assert smtp.sock is not None
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            smtp.ehlo_or_helo_if_needed()
            if not self.server.tls and smtp.has_extn("starttls"):
                smtp.starttls(context=self._tls_context())
                smtp.ehlo_or_helo_if_needed()
            if self.server.user is not None and self.server.password is not None:
                self._log_in(smtp, self.server.user, self.server.password)
            smtp.sock.settimeout(self.timeout)
            on_failure.pop_all()
        return smtp

    def _open_socket(self, patience: float) -> smtplib.SMTP:
        host, port = self.server.host, self.server.port
        if not self.server.tls:
            return smtplib.SMTP(host, port, timeout=patience)
        return smtplib.SMTP_SSL(host, port, timeout=patience, context=self._tls_context())

    def _tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _log_in(self, smtp: smtplib.SMTP, user: str, password: str) -> None:
        if self.verify and not isinstance(smtp.sock, ssl.SSLSocket):
            raise Unavailable(_UNENCRYPTED)
        try:
            smtp.login(user, password)
        except smtplib.SMTPAuthenticationError as no:
            raise refusal(_LOGIN, no.smtp_code, no.smtp_error, kind=Unavailable) from None


@dataclass(frozen=True)
class Mailer:
    """The relay, and what the operator decides about every letter and copy."""

    relay: Relay
    mail_from: str  # the From field of letters: `Name <address>`
    envelope_sender: str  # where bounces of letters and sendouts go
    copy_settings: CopySettings
    signer: DkimSigner | None = None
    bounce_tokens: bool = True  # add a token to it that says which one came back

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the mailer for these settings; raise ValueError for a bad DKIM_KEY."""
        return cls(
            relay=Relay.from_url(
                settings.smtp_url.get_secret_value(),
                timeout=settings.smtp_timeout,
                verify=settings.smtp_verify,
            ),
            mail_from=settings.mail_from,
            envelope_sender=settings.envelope_sender,
            copy_settings=CopySettings.from_settings(settings),
            signer=DkimSigner.from_settings(settings),
            bounce_tokens=settings.bounce_tokens,
        )

    def copies(self, message: Message) -> Copies:
        """Return the copies of a message."""
        return Copies(
            message,
            envelope_sender=self.envelope_sender,
            settings=self.copy_settings,
            signer=self.signer,
            bounce_tokens=self.bounce_tokens,
        )

    def send_letter(self, content: bytes, *, sender: str, recipient: str) -> None:
        """Sign a letter and send it over a connection of its own; raise as `Connection.send`."""
        signed = self.signer.signed(content) if self.signer else content
        with self.relay.connect() as connection:
            connection.send(signed, sender=sender, recipient=recipient)

    def return_paths(self, key: bytes) -> ReturnPaths:
        """Return the envelope senders that the key of the installation makes."""
        return ReturnPaths(key, self.envelope_sender, tokens=self.bounce_tokens)


_NO_SESSION = "The mail server opens no session"

_LOGIN = (
    "The mail server does not accept the user and password of SMTP_URL; "
    "letters wait until the operator has corrected them"
)

_UNENCRYPTED = (
    "The mail server offers no encryption, so the password of SMTP_URL was not sent to it; "
    "letters wait until the operator has corrected that."
)

# The first that matches; smtplib raises a bare SMTPException if it knows no way to log in.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (ConnectionRefusedError, "it refuses connections"),
    (socket.gaierror, "its name cannot be resolved"),
    (ssl.SSLCertVerificationError, "its certificate cannot be verified"),
    (ssl.SSLError, "TLS fails"),
    (TimeoutError, "it does not answer"),
    (smtplib.SMTPServerDisconnected, "it ends the connection or does not answer"),
    (smtplib.SMTPException, "it offers no login that is known here"),
)


def _unavailable(failure: Exception) -> Unavailable:
    reasons = (reason for kind, reason in _REASONS if isinstance(failure, kind))
    return Unavailable(
        f"The mail server of SMTP_URL cannot be used: {next(reasons, 'it cannot be reached')}."
    )
