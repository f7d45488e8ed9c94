"""The current time, in one place: by the database's clock, so that all processes agree.

Each process measures by how much its own clock differs, at every connection to the database.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# A measured difference below this is no skew: it includes the time of the round trip.
IGNORED_SKEW = timedelta(seconds=1)


@dataclass
class Skew:
    """What `now` adds to this machine's clock, until that clock is set."""

    correction: timedelta = timedelta(0)
    # The machine's clock minus the monotonic one when it was measured, in seconds.
    since: float = 0.0

    def is_current(self) -> bool:
        """Whether the machine's clock has only ticked since; otherwise it was set, by NTP say."""
        moved = time.time() - time.monotonic() - self.since
        return abs(moved) < IGNORED_SKEW.total_seconds()


skew = Skew()


def now() -> datetime:
    """Return the current instant, in UTC."""
    moment = machine_time()
    return moment + skew.correction if skew.correction and skew.is_current() else moment


def machine_time() -> datetime:
    """Return the time of this machine's clock, in UTC."""
    return datetime.now(UTC)


def follow(ahead: timedelta) -> None:
    """Have `now` follow the database's clock, of which this machine's is `ahead`."""
    skew.correction = -ahead if abs(ahead) >= IGNORED_SKEW else timedelta(0)
    skew.since = time.time() - time.monotonic()
