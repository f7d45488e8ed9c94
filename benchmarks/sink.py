"""An SMTP server that takes every mail and keeps none, fast enough to measure what sends to it."""

import asyncio
import smtplib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE, Popen
from typing import ClassVar, Final

from sandbox.stack import ROOT

HELLO: Final = b"250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
END: Final = b"\r\n.\r\n"
COUNT: Final = b"XCNT"  # a command of our own


class Sink(asyncio.Protocol):
    """One connection."""

    delivered: ClassVar = 0  # recipients of complete mails, over all connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.waiting, self.in_mail = transport, b"", False
        self.recipients = 0  # of the mail that is being sent
        transport.write(b"220 sink.example\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer all that is complete, in one write."""
        self.waiting += data
        answers: list[bytes] = []
        while self.waiting:
            before, end, after = self.waiting.partition(END if self.in_mail else b"\r\n")
            if not end:
                break
            self.waiting = after
            answers.append(self.accept() if self.in_mail else self.answer(before[:4].upper()))
            self.in_mail = answers[-1].startswith(b"354")
        self.transport.write(b"".join(answers))

    def accept(self) -> bytes:
        Sink.delivered += self.recipients
        return b"250 ok\r\n"

    def answer(self, verb: bytes) -> bytes:
        if verb == b"RCPT":
            self.recipients += 1
        elif verb == b"MAIL":
            self.recipients = 0
        elif verb == b"DATA":
            return b"354 go on\r\n"
        elif verb == COUNT:
            return b"250 %d\r\n" % Sink.delivered
        return {b"EHLO": HELLO, b"QUIT": b"221 bye\r\n"}.get(verb, b"250 ok\r\n")


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"smtp://127.0.0.1:{port}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def sink() -> Iterator[str]:
    """Run a sink in a process of its own, and yield its URL."""
    command = [sys.executable, "-m", "benchmarks.sink"]
    with Popen(command, cwd=ROOT, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def delivered(server: str) -> int:
    """Return to how many recipients the sink at host:port has delivered mails so far."""
    host, port = server.split(":")
    with smtplib.SMTP(host, int(port)) as smtp:
        _, count = smtp.docmd(COUNT.decode())
        return int(count)


if __name__ == "__main__":
    asyncio.run(serve())
