"""A pytest plugin that has PostgreSQL and Valkey running before anything of ours is imported.

Without DATABASE_URL and REDIS_URL the servers are those of `sandbox.servers`, empty and our own.
Servers that are given are used with care: a new database, dropped at the end, beside the one that
DATABASE_URL names, and the database number 15 of the Redis (14 if REDIS_URL names 15 itself), which
belongs to the tests and may be emptied by them at any time.

With `-n 3` pytest-xdist runs tests in so many processes.  Each has servers of its own, because some
tests stop them; of given ones each has a database of its own, and the next lower number.
"""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Final
from unittest.mock import patch
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg2
import pytest
from kombu import pools
from sqlalchemy import make_url

from sandbox.postgres import Postgres
from sandbox.server import ServerError
from sandbox.servers import Servers, servers
from sandbox.valkey import Valkey

RUNNING: Final = pytest.StashKey[Servers]()

# An empty name keeps a developer's .env out of the tests.
OF_NO_DEVELOPER: Final = {
    "LISTGATE_ENV_FILE": "",
    "SECRET_KEY": "a secret for tests, of at least 32 characters",
    "MAILLIST_SYNC_COMMAND": "cat",
}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start what the tests need, to end with pytest, even if a conftest cannot be read."""
    asked = early_config.known_args_namespace
    if asked.help or asked.version:
        return
    house = ExitStack()
    early_config.add_cleanup(house.close)
    house.enter_context(_sigterm_is_ctrl_c())
    house.enter_context(patch.dict(os.environ, OF_NO_DEVELOPER))
    process = os.environ.get("PYTEST_XDIST_WORKER")
    if not process and getattr(asked, "numprocesses", None):
        return  # This one only hands tests out.
    try:
        running = house.enter_context(servers())
    except ServerError as error:
        raise pytest.UsageError(str(error)) from error
    database_url, redis_url = running.database_url, running.redis_url
    if running.postgres is None:
        database_url = house.enter_context(new_database_beside(database_url))
    if running.valkey is None:
        redis_url = number_of_our_own(redis_url, int((process or "gw0").removeprefix("gw")))
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    house.enter_context(patch.dict(os.environ, urls))
    early_config.stash[RUNNING] = running


@contextmanager
def new_database_beside(url: str) -> Iterator[str]:
    """The URL of an empty database on the same server, which is dropped after use."""
    name = f"listgate_test_{secrets.token_hex(4)}"
    # With the locale of the sandbox, so that the same things sort in the same order.
    like_ours = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'"
    _order(f"CREATE DATABASE {name} {like_ours}", url)
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        _order(f"DROP DATABASE {name} WITH (FORCE)", url)


def number_of_our_own(url: str, process: int = 0) -> str:
    """The URL of a database that this process of the tests may empty, on the same Redis."""
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss"}:
        raise pytest.UsageError("The tests need a REDIS_URL that begins with redis:// or rediss://")
    options = dict(parse_qsl(parts.query))
    # A number may also be written as ?db=3, which counts for more than the path.
    given = options.pop("db", parts.path.strip("/"))
    free = [number for number in range(15, -1, -1) if str(number) != (given or "0")]
    if process >= len(free):
        raise pytest.UsageError(f"A given Redis has room for {len(free)} processes of tests")
    return parts._replace(path=f"/{free[process]}", query=urlencode(options)).geturl()


@pytest.fixture(name="servers", scope="session")
def _servers(pytestconfig: pytest.Config) -> Servers:
    """The servers of this test run."""
    return pytestconfig.stash[RUNNING]


@pytest.fixture
def own_postgres(servers: Servers) -> Iterator[Postgres]:
    """The PostgreSQL of this run, for a test that stops or kills it; it runs again afterwards."""
    if servers.postgres is None:
        pytest.skip("DATABASE_URL was given: that server is not ours to stop")
    yield servers.postgres
    servers.postgres.start()


@pytest.fixture
def own_valkey(servers: Servers) -> Iterator[Valkey]:
    """The Valkey of this run, for a test that stops or kills it; it runs again afterwards."""
    if servers.valkey is None:
        pytest.skip("REDIS_URL was given: that server is not ours to stop")
    yield servers.valkey
    servers.valkey.start()
    # Those that this process has kept are to the one that went away, and the next test would fail.
    for group in (pools.producers, pools.connections):
        for pool in group.values():
            pool.force_close_all(close_pool=False)
            pool.setup()


def _order(statement: str, url: str) -> None:
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)


@contextmanager
def _sigterm_is_ctrl_c() -> Iterator[None]:
    """Inside a test pytest takes SystemExit for a failure and goes on; Ctrl-C it understands."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
