"""Servers as in production, the clock, and how a benchmark hands in what it has measured."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import ClassVar, Final

from sandbox.postgres import SETTINGS, Postgres
from sandbox.valkey import Valkey

# Each operation is measured so often, in turn with what it is compared to; the median counts.
ROUNDS: Final = 3

# What is committed is on the disk, as it must be in production.  The rest is what any guide to
# PostgreSQL sets first: the defaults are for a machine of the year 2000.
DURABLE: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
}


class DurablePostgres(Postgres):
    """A PostgreSQL that would survive a power cut, unlike the one of the tests."""

    settings: ClassVar = SETTINGS | DURABLE


@dataclass(frozen=True)
class Measured:
    """What something costs, ours and bare, in the same unit, and what it may cost at most."""

    what: str
    ours: float
    bare: float | None  # None: there is nothing to compare it to
    unit: str
    goal: float  # of the ratio, or of ours if there is no bare one

    @property
    def ratio(self) -> float | None:
        """How many times the bare operation ours takes."""
        return self.ours / self.bare if self.bare else None

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return (self.ours if self.ratio is None else self.ratio) <= self.goal


@contextmanager
def environment() -> Iterator[dict[str, str]]:
    """Empty servers of our own, and the settings that lead there."""
    with DurablePostgres() as postgres, Valkey() as valkey:
        yield {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "SECRET_KEY": "a benchmark has no secrets, but the key has a length",
            "MAILLIST_SYNC_COMMAND": "cat",
            "LISTGATE_ENV_FILE": "",  # a developer's .env is for their own house
        }


def hand_in(*measured: Measured) -> None:
    """Tell the table what was measured; a benchmark prints nothing else on stdout."""
    for each in measured:
        sys.stdout.write(json.dumps(asdict(each)) + "\n")


def handed_in(printed: str) -> list[Measured]:
    """What a benchmark has told."""
    return [Measured(**json.loads(line)) for line in printed.splitlines()]


def seconds(operation: Callable[[], object]) -> float:
    """How long it takes."""
    began = perf_counter()
    operation()
    return perf_counter() - began


def in_turn(
    ours: Callable[[int], float], bare: Callable[[int], float], rounds: int = ROUNDS
) -> tuple[float, float]:
    """The medians of both, measured in turn, so that a busy machine is unkind to both.

    Each is given the number of the round, and returns what it took.
    """
    taken = [(ours(number), bare(number)) for number in range(rounds)]
    return median(each for each, _ in taken), median(each for _, each in taken)
