"""PostgreSQL and Valkey for a machine where nothing is installed; nothing is left behind.

Each server is chosen separately: the one that DATABASE_URL or REDIS_URL names, which is neither
started nor stopped; else an installed one; else the one from the wheels of the `sandbox` group.
LISTGATE_SERVERS=wheels selects the wheels.
"""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from sandbox.postgres import Postgres
from sandbox.server import ServerError
from sandbox.valkey import Valkey


@dataclass(frozen=True)
class Servers:
    """The URLs of the servers, and those that were started here; None for a given one."""

    database_url: str
    redis_url: str
    postgres: Postgres | None
    valkey: Valkey | None


@contextmanager
def servers(environ: Mapping[str, str] = os.environ) -> Iterator[Servers]:
    """Run PostgreSQL, with an empty database, and Valkey until the end of the block.

    They also end when this process ends in any other way, SIGKILL included.

    Raises:
        ServerError: no program was found, or it did not answer.
    """
    if (choice := environ.get("LISTGATE_SERVERS", "")) not in {"", "wheels"}:
        raise ServerError(f"LISTGATE_SERVERS is {choice!r}: set it to 'wheels' or leave it out")
    given = {} if choice else environ
    with ExitStack() as stack:
        ours = None if given.get("DATABASE_URL") else stack.enter_context(Postgres(environ))
        queue = None if given.get("REDIS_URL") else stack.enter_context(Valkey(environ))
        database_url = ours.url if ours else given["DATABASE_URL"]
        yield Servers(database_url, queue.url if queue else given["REDIS_URL"], ours, queue)


@contextmanager
def sigterm_exits() -> Iterator[None]:
    """Make SIGTERM raise SystemExit(143) in the block, so that `with` and `finally` are run.

    For the main thread only.  An existing handler is not replaced.
    """

    def leave(number: int, _: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    if signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
