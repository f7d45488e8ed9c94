"""An SMTP server that stores what it receives, for tests and the demo."""

import asyncio
import socket
import ssl
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import AnyStr, Self

from aiosmtpd.smtp import SMTP

from sandbox.mail_store import Break, Mail, MailStore, Rule, Step, comparable, hang_up

__all__ = ["Mail", "Mailbox", "Step", "bound_socket"]

HOST = "127.0.0.1"
SIZE_LIMIT = 40_000_000  # bytes; more than Listgate sends


class Mailbox:
    """`with Mailbox() as mailbox:` is a running server at `mailbox.url`, on 127.0.0.1.

    It can be stopped and started again, on the same port and with its mails.  With `keep_in`, each
    mail is also written to that folder, as 0001.eml, 0002.eml, …  With `starttls` it offers
    STARTTLS, with `tls` it uses TLS from the first byte; with `users` (name: password) it requires
    a login, which it accepts only after STARTTLS.  With `pipelining` it offers PIPELINING.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        keep_in: Path | None = None,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        users: Mapping[str, str] | None = None,
        pipelining: bool = False,
    ) -> None:
        self.port = port  # 0: the system chooses one at the first start
        self._starttls, self._tls, self._users = starttls, tls, users
        self._store = MailStore(keep_in, pipelining)
        self._sessions: weakref.WeakSet[SMTP] = weakref.WeakSet()
        self._thread: threading.Thread | None = None
        self._reserved: socket.socket | None = None

    @property
    def url(self) -> str:
        return f"smtp{'s' if self._tls else ''}://{HOST}:{self.port}"

    @property
    def mails(self) -> list[Mail]:
        """All mails received, oldest first."""
        with self._store.lock:
            return list(self._store.mails)

    def to(self, address: str) -> list[Mail]:
        """The mails to one address, without regard to case and to the spelling of its domain."""
        wanted = comparable(address)
        return [mail for mail in self.mails if wanted in map(comparable, mail.recipients)]

    def answer(
        self, recipient: str | None, reply: str, *, times: int = 1, at: Step = "RCPT"
    ) -> None:
        """Answer `reply`, e.g. "451 4.3.0 later", instead of 250; None is any recipient.

        421 also ends the connection, as RFC 5321 (3.8) has it.
        """
        wanted = None if recipient is None else comparable(recipient)
        with self._store.lock:
            self._store.rules.append(Rule(wanted, reply, times, at))

    def drop_after_data(self, *, times: int = 1, kept: bool = True) -> None:
        """Hang up without an answer after the last byte of a mail; store it only if `kept`."""
        self._break_off(Break(kept), times)

    def drop_in_data(self, *, times: int = 1) -> None:
        """Hang up in the middle of the content of a mail."""
        self._break_off(Break(early=True), times)

    def stall(self, *, times: int = 1, kept: bool = True) -> None:
        """Never answer the last byte of a mail; store it only if `kept`."""
        self._break_off(Break(kept, silent=True), times)

    @property
    def broken(self) -> int:
        """The number of mails that were broken off, by hanging up or by silence."""
        return self._store.broken

    def be_slow(self, seconds: float) -> None:
        """Wait this long before answering each DATA, also one that waits already."""
        self._store.delay = seconds

    def forget(self) -> None:
        """Delete all mails and rules."""
        with self._store.lock:
            self._store.mails.clear()
            self._store.rules.clear()
            self._store.breaks.clear()
            self._store.broken = 0
            self._store.delay = 0.0

    def _break_off(self, how: Break, times: int) -> None:
        with self._store.lock:
            self._store.breaks.extend([how] * times)

    def start(self) -> None:
        """Raises OSError if the port is taken."""
        assert self._thread is None, "the mailbox is running already"
        listener, self._reserved = self._reserved or bound_socket(self.port), None
        try:
            listener.listen()
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = self._runner.get_loop()  # created here, or two threads could each create one
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, args=(listener,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cut open connections and refuse new ones, like a server that is switched off."""
        if self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        self._thread = None
        # Reserve the port, so that no client gets it for an outgoing connection meanwhile.
        with suppress(OSError):
            self._reserved = bound_socket(self.port)

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
        if self._reserved:
            self._reserved.close()
            self._reserved = None

    def _run(self, listener: socket.socket) -> None:
        with self._runner as runner:
            runner.run(self._listen(listener))

    async def _listen(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: self._new_session(loop), sock=listener, ssl=self._tls
        )
        await self._closing.wait()
        # A server that closes loses what asyncio has accepted and not yet handed over: such a
        # connection would stay open.
        loop.remove_reader(listener)
        await asyncio.sleep(0)  # its transport is created
        await asyncio.sleep(0)  # its session has the transport
        server.close()
        for session in list(self._sessions):
            # Python 3.11.2 cannot abort a TLS connection that has just ended by itself.
            with suppress(AttributeError):
                if isinstance(session.transport, asyncio.WriteTransport):
                    session.transport.abort()
        await server.wait_closed()

    def _new_session(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        session = Server(
            self._store,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname="localhost",  # without it, each connection would ask the name service
            tls_context=self._starttls,
            auth_required=self._users is not None,
            auth_callback=self._accepts,
            loop=loop,
        )
        self._sessions.add(session)
        return session

    def _accepts(self, _mechanism: str, user: bytes, password: bytes) -> bool:
        return (self._users or {}).get(user.decode()) == password.decode()


class Server(SMTP):
    """One session, which may be broken off in the middle of a mail."""

    async def push(self, status: AnyStr) -> None:
        await super().push(status)
        waits_for_content = isinstance(status, str) and status.startswith("354")
        if waits_for_content and self.event_handler.next_break(early=True):
            await self._reader.readline()
            await hang_up(self)


def bound_socket(port: int = 0) -> socket.socket:
    """Return a socket that is bound to this port but does not listen: connections are refused.

    No other server gets the port while it is open.  0: the system chooses one.
    """
    # socket.create_server leaves the protocol open; asyncio then does not recognise TCP and leaves
    # Nagle's algorithm on, so that each EHLO takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener
