"""A pytest plugin that starts PostgreSQL and Valkey before anything of Listgate is imported.

Without DATABASE_URL and REDIS_URL, the servers are empty ones of `sandbox.servers`.  On given
servers, the tests use a new database beside the one that DATABASE_URL names, dropped at the end,
and database number 15 of the Redis (14 if REDIS_URL names 15), which they may empty at any time.

With `-n 3`, pytest-xdist runs three processes.  Each starts servers of its own, because some tests
stop them; on given servers, each has a database of its own and the next lower number.
"""

import gc
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
from tests.fork_server import SOCKET, first_fork_server

# Until `pytest_collection` in tests/conftest.py: what is imported before lives until the end.
gc.disable()

RUNNING: Final = pytest.StashKey[Servers]()

# No file name, so that the tests do not read a developer's .env.
SETTINGS: Final = {
    "LISTGATE_ENV_FILE": "",
    # The same people ask and answer in most tests; those of digests set a limit.
    "REQUEST_LETTERS_PER_HOUR": "0",
    "SECRET_KEY": "a secret for tests, of at least 32 characters",
    "MAILLIST_SYNC_COMMAND": "cat",
    # Signatures have tests of their own.
    "SERVICES_OPEN": "true",
    "WEBHOOK_ALLOW_PRIVATE": "true",
}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers and the fork server; they end with pytest, even if a conftest is broken."""
    options = early_config.known_args_namespace
    if options.help or options.version:
        return
    resources = ExitStack()
    early_config.add_cleanup(resources.close)
    resources.enter_context(_sigterm_is_ctrl_c())
    resources.enter_context(patch.dict(os.environ, SETTINGS))
    if SOCKET not in os.environ:
        path = resources.enter_context(first_fork_server())
        resources.enter_context(patch.dict(os.environ, {SOCKET: path}))
    process = os.environ.get("PYTEST_XDIST_WORKER")
    if not process and getattr(options, "numprocesses", None):
        return  # The controller of pytest-xdist runs no test.
    try:
        running = resources.enter_context(servers())
    except ServerError as error:
        raise pytest.UsageError(str(error)) from error
    database_url, redis_url = running.database_url, running.redis_url
    if running.postgres is None:
        database_url = resources.enter_context(new_database_beside(database_url))
    if running.valkey is None:
        redis_url = spare_database(redis_url, int((process or "gw0").removeprefix("gw")))
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    resources.enter_context(patch.dict(os.environ, urls))
    early_config.stash[RUNNING] = running


@contextmanager
def new_database_beside(url: str) -> Iterator[str]:
    """Create an empty database on the same server, yield its URL, and drop it."""
    name = f"listgate_test_{secrets.token_hex(4)}"
    # With the locale of the sandbox, so that text is sorted in the same way.
    options = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'"
    _execute(f"CREATE DATABASE {name} {options}", url)
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(f"DROP DATABASE {name} WITH (FORCE)", url)


def spare_database(url: str, process: int = 0) -> str:
    """Return the URL of a database on the same Redis that this test process may empty."""
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss"}:
        raise pytest.UsageError("The tests need a REDIS_URL that begins with redis:// or rediss://")
    options = dict(parse_qsl(parts.query))
    # The number may also be given as ?db=3, which overrides the path.
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
        pytest.skip("DATABASE_URL was given: a test must not stop that server")
    yield servers.postgres
    servers.postgres.start()


@pytest.fixture
def own_valkey(servers: Servers) -> Iterator[Valkey]:
    """The Valkey of this run, for a test that stops or kills it; it runs again afterwards."""
    if servers.valkey is None:
        pytest.skip("REDIS_URL was given: a test must not stop that server")
    yield servers.valkey
    servers.valkey.start()
    # Pooled connections lead to the stopped server: without this the next test would fail.
    for group in (pools.producers, pools.connections):
        for pool in group.values():
            pool.force_close_all(close_pool=False)
            pool.setup()


def _execute(statement: str, url: str) -> None:
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)


@contextmanager
def _sigterm_is_ctrl_c() -> Iterator[None]:
    """Make SIGTERM raise KeyboardInterrupt: pytest takes SystemExit in a test for a failure."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
