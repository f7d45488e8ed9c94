"""An SMTP server that keeps what it receives, for tests and the demo to look at."""

import asyncio
import socket
import ssl
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP

from sandbox.mail_desk import Answer, Desk, Mail, Step, comparable

__all__ = ["Mail", "Mailbox", "Step"]

HOST = "127.0.0.1"
SIZE_LIMIT = 40_000_000  # more than the house sends: SIZE is announced and never in the way


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
        self._desk = Desk(keep_in)
        self._talks: weakref.WeakSet[SMTP] = weakref.WeakSet()
        self._thread: threading.Thread | None = None
        self._closed_door: socket.socket | None = None

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
        wanted = comparable(address)
        return [mail for mail in self.mails if wanted in map(comparable, mail.recipients)]

    def answer(
        self, recipient: str | None, reply: str, *, times: int = 1, at: Step = "RCPT"
    ) -> None:
        """Say `reply`, e.g. "451 4.3.0 later", instead of yes; to any recipient if that is None.

        421 also ends the connection, as RFC 5321 (3.8) has it.
        """
        wanted = None if recipient is None else comparable(recipient)
        with self._desk.lock:
            self._desk.answers.append(Answer(wanted, reply, times, at))

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
        door, self._closed_door = self._closed_door or _door(self.port), None
        try:
            door.listen()  # from here on, who knocks is heard
        except OSError:
            door.close()
            raise
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
        # Whoever wants any port meanwhile, as a client does, is not given this one.
        with suppress(OSError):
            self._closed_door = _door(self.port)

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
        if self._closed_door:
            self._closed_door.close()
            self._closed_door = None

    def _run(self, door: socket.socket) -> None:
        with self._runner as runner:
            runner.run(self._listen(door))

    async def _listen(self, door: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: self._talk(loop), sock=door, ssl=self._tls)
        await self._closing.wait()
        server.close()
        for talk in list(self._talks):
            # Python 3.11.2 cannot abort a TLS connection that has just ended by itself.
            with suppress(AttributeError):
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


def _door(port: int) -> socket.socket:
    """A socket that has this port, but does not listen: who knocks is refused."""
    # socket.create_server leaves the protocol open; then asyncio does not know TCP, leaves Nagle's
    # algorithm on, and each EHLO takes 40 ms.
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((HOST, port))
    except OSError:
        door.close()
        raise
    return door
