"""Servers with production settings, for the duration of a benchmark."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Final

from benchmarks.sink import sink
from sandbox.postgres import SETTINGS, Postgres
from sandbox.valkey import Valkey

# Commits are durable, as in production.  The memory and WAL settings are those that every guide to
# PostgreSQL recommends.
DURABLE: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
}


class DurablePostgres(Postgres):
    """A PostgreSQL whose commits survive a power cut, unlike those of the tests."""

    settings: ClassVar = SETTINGS | DURABLE


@contextmanager
def environment() -> Iterator[dict[str, str]]:
    """Run empty servers, and yield the settings that lead there."""
    with (
        DurablePostgres() as postgres,
        Valkey() as valkey,
        sink() as smtp_url,
        tempfile.TemporaryDirectory() as notes,
    ):
        yield {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "SMTP_URL": smtp_url,
            "SENDOUT_NOTES_DIR": notes,
            "SECRET_KEY": "a benchmark has no secrets, but the key has a length",
            "MAILLIST_SYNC_COMMAND": "sh -c 'cat > /dev/null'",
            "LISTGATE_ENV_FILE": "",  # ignore a developer's .env
        }
