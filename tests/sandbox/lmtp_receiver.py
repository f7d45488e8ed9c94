"""An LMTP server that stores replies or refuses them, for the tests of the mailbox pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.stack import port
from tests.waiting import wait_for


class Receiver:
    """The handler; `reply` is its answer to each mail."""

    def __init__(self) -> None:
        self.reply = "250 2.0.0 Stored"
        self.address = f"127.0.0.1:{port()}"
        self.envelopes: list[Envelope] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.reply.startswith("250"):
            self.envelopes.append(envelope)
        return self.reply

    def mail(self) -> EmailMessage:
        """The only mail received."""
        (envelope,) = self.envelopes
        assert isinstance(envelope.content, bytes)
        return message_from_bytes(envelope.content, policy=policy.default)

    def words(self) -> str:
        """The text of that mail."""
        return str(self.mail().get_content()).replace("\r\n", "\n")


class Server(Controller):
    """The LMTP server of a Receiver."""

    sessions: list[SMTP]

    def factory(self) -> SMTP:
        session = LMTP(self.handler, enable_SMTPUTF8=True, hostname="localhost")
        self.sessions.append(session)
        return session

    def has_ended_sessions(self) -> bool:
        """Whether every connection is closed."""
        return all(session.transport is None for session in self.sessions)


@contextmanager
def listening() -> Iterator[Receiver]:
    """Run a Receiver until the end of the block."""
    receiver = Receiver()
    host, _, number = receiver.address.partition(":")
    server = Server(
        receiver, hostname=host, port=int(number), enable_SMTPUTF8=True, ready_timeout=60
    )
    server.sessions = []
    server.start()
    try:
        yield receiver
        # What is open when its loop stops stays open until it is garbage.
        wait_for("the end of the sessions", server.has_ended_sessions)
    finally:
        server.stop()
