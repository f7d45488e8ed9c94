"""One stack and one browser for all tests here; the browser may log no error."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import Engine, create_engine

from sandbox.stack import BIN, Stack, running_stack
from tests.browser.seed import Seeded, seed_stack
from tests.browser.visits import Visits
from tests.waiting import PATIENCE

# Chromium's sandbox does not work for root.  The other options stop requests for updates and the
# like, so that the browser requests only Listgate's pages.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    # Chromium ignores it; .ci/run finds browsers by it that this clone has left running.
    f"--started-by={BIN}",
]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole stack: gunicorn, worker, beat, mailbox, telephones, list server."""
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture(scope="session")
def database(running: Stack) -> Iterator[Engine]:
    """The stack's database."""
    engine = create_engine(running.environment["DATABASE_URL"])
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def seeded(running: Stack) -> Seeded:
    """The ids of the rows that the tests use."""
    return seed_stack(running)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the program that CHROMIUM names."""
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    # The default of five seconds is the interval at which a page asks for changes.
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_visits(chromium: Browser, running: Stack, seeded: Seeded) -> Visits:
    """Browsers whose log-ins all tests share."""
    assert seeded
    return Visits(chromium, running)


@pytest.fixture
def visits(shared_visits: Visits) -> Iterator[Visits]:
    """The same for one test, in which no page may log an error."""
    yield shared_visits
    errors = shared_visits.errors()
    shared_visits.close()
    assert errors == []
