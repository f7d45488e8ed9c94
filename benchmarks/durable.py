"""Servers of our own that are set up as in production, for as long as a benchmark runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Final

from sandbox.postgres import SETTINGS, Postgres
from sandbox.valkey import Valkey

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


@contextmanager
def environment() -> Iterator[dict[str, str]]:
    """Empty servers of our own, and the settings that lead there."""
    with DurablePostgres() as postgres, Valkey() as valkey:
        yield {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "SECRET_KEY": "a benchmark has no secrets, but the key has a length",
            "MAILLIST_SYNC_COMMAND": "sh -c 'cat > /dev/null'",
            "LISTGATE_ENV_FILE": "",  # a developer's .env is for their own house
        }
