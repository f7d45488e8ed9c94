"""An SMTP server that keeps what it receives, for tests and the demo to look at."""

import asyncio
import itertools
import socket
import ssl
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from notifications.envelope import wire_address

Step = Literal["RCPT", "DATA"]

HOST = "127.0.0.1"
SIZE_LIMIT = 40_000_000  # more than the house sends: SIZE is announced and never in the way


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
class _Answer:
    """What the server was told to say instead of yes; `times` counts down."""

    recipient: str | None
    reply: str
    times: int
    at: Step

    def fits(self, step: Step, recipients: list[str]) -> bool:
        meant = self.recipient is None or self.recipient in map(_comparable, recipients)
        return meant and self.times > 0 and self.at == step


@dataclass
class _Desk:
    """What aiosmtpd asks about each recipient and each mail; shared by threads, hence the lock."""

    keep_in: Path | None
    delay: float = 0.0
    mails: list[Mail] = field(default_factory=list)
    answers: list[_Answer] = field(default_factory=list)
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


class Mailbox:
    """`with Mailbox() as mailbox:` is a running server at `mailbox.url`, on 127.0.0.1.

    It may be stopped and started again, on the same port and with the mails it has.  With `keep_in`
    each mail is also written to that folder, as 0001.eml, 0002.eml, …  With `starttls` it offers
    that, with `tls` it speaks TLS from the first byte; with `users` (name: password) it wants a
    login, which it hears after STARTTLS only.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        keep_in: Path | None = None,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port  # 0: the system chooses at the first start, and that one is kept
        self._starttls, self._tls, self._users = starttls, tls, users
        self._desk = _Desk(keep_in)
        self._talks: weakref.WeakSet[SMTP] = weakref.WeakSet()
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"smtp{'s' if self._tls else ''}://{HOST}:{self.port}"

    @property
    def mails(self) -> list[Mail]:
        """All that came, oldest first."""
        with self._desk.lock:
            return list(self._desk.mails)

    def to(self, address: str) -> list[Mail]:
        """What came for one address, in whatever case and spelling of its domain it is given."""
        wanted = _comparable(address)
        return [mail for mail in self.mails if wanted in map(_comparable, mail.recipients)]

    def answer(
        self, recipient: str | None, reply: str, *, times: int = 1, at: Step = "RCPT"
    ) -> None:
        """Say `reply`, e.g. "451 4.3.0 later", instead of yes; to any recipient if that is None.

        421 also ends the connection, as RFC 5321 (3.8) has it.
        """
        wanted = None if recipient is None else _comparable(recipient)
        with self._desk.lock:
            self._desk.answers.append(_Answer(wanted, reply, times, at))

    def drop_after_data(self, *, times: int = 1, kept: bool = True) -> None:
        """Hang up once a mail is here to its last byte, without a word; keep it, or lose it."""
        with self._desk.lock:
            self._desk.drops.extend([kept] * times)

    def be_slow(self, seconds: float) -> None:
        """Think about each mail for so long before answering."""
        self._desk.delay = seconds

    def forget(self) -> None:
        """No mails and no orders any more: as friendly as a new one."""
        with self._desk.lock:
            self._desk.mails.clear()
            self._desk.answers.clear()
            self._desk.drops.clear()
            self._desk.delay = 0.0

    def start(self) -> None:
        """Raises OSError if the port is taken."""
        assert self._thread is None, "the mailbox is running already"
        door = socket.create_server((HOST, self.port))  # from here on, who knocks is heard
        self.port = door.getsockname()[1]
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = self._runner.get_loop()  # made here, or two threads might each make one
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, args=(door,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cut what is connected and refuse the rest, like a server that is switched off."""
        if self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self, door: socket.socket) -> None:
        with self._runner as runner:
            runner.run(self._listen(door))

    async def _listen(self, door: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: self._talk(loop), sock=door, ssl=self._tls)
        await self._closing.wait()
        server.close()
        for talk in list(self._talks):
            if isinstance(talk.transport, asyncio.WriteTransport):
                talk.transport.abort()
        await server.wait_closed()

    def _talk(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        talk = SMTP(
            self._desk,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname="localhost",  # without it, each connection would ask the name service
            tls_context=self._starttls,
            auth_required=self._users is not None,
            auth_callback=self._knows,
            loop=loop,
        )
        self._talks.add(talk)
        return talk

    def _knows(self, _mechanism: str, user: bytes, password: bytes) -> bool:
        return (self._users or {}).get(user.decode()) == password.decode()


def _comparable(address: str) -> str:
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
