"""A house that takes replies by LMTP, or refuses them, for the mailbox's pages to talk to."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.stack import port


class House:
    """Keeps what it takes; `reply` is what it says to each mail."""

    def __init__(self) -> None:
        self.reply = "250 2.0.0 Kept"
        self.address = f"127.0.0.1:{port()}"
        self.envelopes: list[Envelope] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.reply.startswith("250"):
            self.envelopes.append(envelope)
        return self.reply

    def mail(self) -> EmailMessage:
        """The one that it has taken."""
        (envelope,) = self.envelopes
        assert isinstance(envelope.content, bytes)
        return message_from_bytes(envelope.content, policy=policy.default)

    def words(self) -> str:
        """What that mail says."""
        return str(self.mail().get_content()).replace("\r\n", "\n")


class Door(Controller):
    """Where the house listens."""

    def factory(self) -> SMTP:
        return LMTP(self.handler, enable_SMTPUTF8=True, hostname="localhost")


@contextmanager
def listening() -> Iterator[House]:
    """A house behind its door."""
    house = House()
    host, _, number = house.address.partition(":")
    door = Door(house, hostname=host, port=int(number), enable_SMTPUTF8=True, ready_timeout=60)
    door.start()
    try:
        yield house
    finally:
        door.stop()
