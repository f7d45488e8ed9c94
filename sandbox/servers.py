"""Gives PostgreSQL and Valkey to one machine where nothing is installed, and leaves nothing behind.

Each server is chosen for itself: the one that DATABASE_URL or REDIS_URL names, which is neither
started nor stopped; else one that is installed; else the one in the wheels of the `sandbox` group.
With LISTGATE_SERVERS=wheels the wheels are taken whatever else there is.
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
    """Where the two servers are; the one whose URL was given from outside is not ours, but None."""

    database_url: str
    redis_url: str
    postgres: Postgres | None
    valkey: Valkey | None


@contextmanager
def servers(environ: Mapping[str, str] = os.environ) -> Iterator[Servers]:
    """PostgreSQL, with an empty database, and Valkey, for as long as the block lasts.

    They end with the block, and also when this process ends in any other way, SIGKILL included.

    Raises:
        ServerError: there is none to start, or it did not answer.
    """
    if (choice := environ.get("LISTGATE_SERVERS", "")) not in {"", "wheels"}:
        raise ServerError(
            f"LISTGATE_SERVERS is {choice!r}: only 'wheels' is known, or leave it out"
        )
    given = {} if choice else environ
    with ExitStack() as stack:
        ours = None if given.get("DATABASE_URL") else stack.enter_context(Postgres(environ))
        queue = None if given.get("REDIS_URL") else stack.enter_context(Valkey(environ))
        database_url = ours.url if ours else given["DATABASE_URL"]
        yield Servers(database_url, queue.url if queue else given["REDIS_URL"], ours, queue)


@contextmanager
def sigterm_exits() -> Iterator[None]:
    """SIGTERM raises SystemExit(143) inside, so that `with` and `finally` still have their say.

    For the main thread only.  A handler that somebody has already set is left alone.
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
