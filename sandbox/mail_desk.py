"""What the mailbox says to each recipient and mail, and what it has kept."""

import asyncio
import itertools
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

from notifications.mime.envelope import wire_address

Step = Literal["RCPT", "DATA"]


@dataclass(frozen=True)
class Mail:
    """What came in one SMTP transaction; `content` is byte for byte what was sent."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class Answer:
    """What the server was told to say instead of yes; `times` counts down."""

    recipient: str | None
    reply: str
    times: int
    at: Step

    def fits(self, step: Step, recipients: list[str]) -> bool:
        meant = self.recipient is None or self.recipient in map(comparable, recipients)
        return meant and self.times > 0 and self.at == step


@dataclass
class Desk:
    """What aiosmtpd asks about each recipient and each mail; shared by threads, hence the lock."""

    keep_in: Path | None
    delay: float = 0.0
    mails: list[Mail] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    drops: list[bool] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(_highest_number(self.keep_in) + 1)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: SMTP, _: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = self._ordered("RCPT", [address])
        if reply is not None:
            return await _refuse(server, reply)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 It will be in the mailbox"

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: SMTP, _: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.delay)
        reply = self._ordered("DATA", envelope.rcpt_tos)
        if reply is not None:
            return await _refuse(server, reply)
        kept = self._next_drop()
        if kept is not False:
            self._keep(envelope)
        if kept is not None:
            await _hang_up(server)
        return "250 2.0.0 It is in the mailbox"

    def _ordered(self, step: Step, recipients: list[str]) -> str | None:
        with self.lock:
            answer = next((each for each in self.answers if each.fits(step, recipients)), None)
            if answer is None:
                return None
            answer.times -= 1
            return answer.reply

    def _next_drop(self) -> bool | None:
        """Is the mail whose connection is to be dropped kept?  None: nothing is to be dropped."""
        with self.lock:
            return self.drops.pop(0) if self.drops else None

    def _keep(self, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes), "aiosmtpd was not asked to decode"
        # aiosmtpd has the null sender as "<>".
        sender = (envelope.mail_from or "").removeprefix("<>")
        with self.lock:
            self.mails.append(Mail(sender, tuple(envelope.rcpt_tos), envelope.content))
            if self.keep_in is not None:
                path = self.keep_in / f"{next(self._numbers):04}.eml"
                path.write_bytes(envelope.content)


def comparable(address: str) -> str:
    return wire_address(address).casefold()


def _highest_number(folder: Path | None) -> int:
    names = folder.glob("*.eml") if folder else ()
    return max((int(path.stem) for path in names if path.stem.isdecimal()), default=0)


async def _refuse(server: SMTP, reply: str) -> str:
    if reply.startswith("421"):
        await server.push(reply)
        await _hang_up(server)
    return reply


async def _hang_up(server: SMTP) -> None:
    """End the connection from our side; never returns, as aiosmtpd then cancels who asked."""
    if server.transport is not None:
        server.transport.close()
    await asyncio.Event().wait()
