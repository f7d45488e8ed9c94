"""The mails of the test mailbox, and its answers to SMTP commands."""

import asyncio
import itertools
import threading
import time
from collections.abc import Collection
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
    """The mail of one SMTP transaction; `content` is what was sent, byte for byte."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class Rule:
    """An answer that replaces 250; `times` counts down."""

    recipient: str | None
    reply: str
    times: int
    at: Step

    def matches(self, step: Step, recipients: Collection[str]) -> bool:
        concerned = self.recipient is None or self.recipient in recipients
        return concerned and self.times > 0 and self.at == step


@dataclass(frozen=True)
class Break:
    """How the server breaks off one mail, without an answer."""

    kept: bool = False  # it stores the mail all the same
    early: bool = False  # in the middle of the content
    silent: bool = False  # it leaves the connection open


@dataclass
class MailStore:
    """The handler of aiosmtpd; threads share it, hence the lock."""

    folder: Path | None
    pipelining: bool = False
    delay: float = 0.0
    mails: list[Mail] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    broken: int = 0  # mails that were broken off
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(_highest_number(self.folder) + 1)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds it by this name
        self, _: SMTP, session: Session, __: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        session.host_name = name
        return ["250-PIPELINING", *answers] if self.pipelining else answers

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: SMTP, _: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = self._rejection("RCPT", [address])
        if reply is not None:
            return await _refuse(server, reply)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient accepted"

    async def _wait(self) -> None:
        """Wait for the delay, which may be changed meanwhile."""
        began = time.monotonic()
        # Another thread changes it, which an asyncio.Event would not notice.
        while (rest := began + self.delay - time.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(rest, 0.05))

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: SMTP, _: Session, envelope: Envelope
    ) -> str:
        await self._wait()
        reply = self._rejection("DATA", envelope.rcpt_tos)
        if reply is not None:
            return await _refuse(server, reply)
        breaks = self.next_break(early=False)
        if breaks is None or breaks.kept:
            self._store(envelope)
        if breaks:
            await hang_up(server, silent=breaks.silent)
        return "250 2.0.0 Stored"

    def _rejection(self, step: Step, recipients: list[str]) -> str | None:
        with self.lock:
            if not self.rules:
                return None
            known = {comparable(each) for each in recipients}
            rule = next((rule for rule in self.rules if rule.matches(step, known)), None)
            if rule is None:
                return None
            rule.times -= 1
            if not rule.times:
                self.rules.remove(rule)
            return rule.reply

    def next_break(self, *, early: bool) -> Break | None:
        """Return how this mail is broken off at this point of its content, if it is."""
        with self.lock:
            if not self.breaks or self.breaks[0].early != early:
                return None
            self.broken += 1
            return self.breaks.pop(0)

    def _store(self, envelope: Envelope) -> None:
        assert isinstance(envelope.content, bytes), "aiosmtpd was not asked to decode"
        # aiosmtpd writes the null sender as "<>".
        sender = (envelope.mail_from or "").removeprefix("<>")
        with self.lock:
            self.mails.append(Mail(sender, tuple(envelope.rcpt_tos), envelope.content))
            if self.folder is not None:
                path = self.folder / f"{next(self._numbers):04}.eml"
                path.write_bytes(envelope.content)


def comparable(address: str) -> str:
    return wire_address(address).casefold()


def _highest_number(folder: Path | None) -> int:
    names = folder.glob("*.eml") if folder else ()
    return max((int(path.stem) for path in names if path.stem.isdecimal()), default=0)


async def _refuse(server: SMTP, reply: str) -> str:
    if reply.startswith("421"):
        await server.push(reply)
        await hang_up(server)
    return reply


async def hang_up(server: SMTP, *, silent: bool = False) -> None:
    """Close the connection, or only say no more; aiosmtpd cancels the caller when it is closed."""
    if server.transport is not None and not silent:
        server.transport.close()
    await asyncio.Event().wait()
