"""The LMTP server of Listgate, in a thread of the tests."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from portal.inbound import lmtp
from sandbox.stack import port
from tests.waiting import wait_for


@contextmanager
def lmtp_server() -> Iterator[int]:
    """The LMTP server in a thread; its port."""
    number = port()
    with lmtp_at(f"127.0.0.1:{number}"):
        wait_until_open(number)
        yield number


@contextmanager
def lmtp_at(address: str) -> Iterator[None]:
    """The LMTP server in a thread, soon to listen at this port or path."""
    loop = asyncio.new_event_loop()
    serving = loop.create_task(lmtp.serve(address))
    thread = threading.Thread(target=run_until_cancelled, args=(loop, serving), daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join()


def run_until_cancelled(loop: asyncio.AbstractEventLoop, serving: "asyncio.Task[None]") -> None:
    """Serve until the test ends, then end every open connection."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(until_cancelled(serving))


async def until_cancelled(serving: "asyncio.Task[None]") -> None:
    """Wait for the server; that it was cancelled is how it ends here."""
    await asyncio.wait([serving])


def wait_until_open(number: int) -> None:
    """Return once the server listens."""

    def is_open() -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", number)) == 0

    wait_for(f"a server at {number}", is_open)
