"""One stack and one browser for all tests here; the browser may log no error."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import Engine, create_engine

from sandbox.stack import BIN, Stack, running_stack
from tests.browser.seed import Seeded, seed_stack
from tests.browser.visits import PATIENCE, Visits

# A sandbox of its own is not to be had for root.  The browser is to ask for our pages only: not
# for its maker's updates, experiments and names.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    # Chromium knows no such thing; .ci/run sees by it whether a browser of this clone is left.
    f"--started-by={BIN}",
]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole stack: gunicorn, worker, beat, mailbox, telephones, list server."""
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture(scope="session")
def database(running: Stack) -> Iterator[Engine]:
    """Its database."""
    engine = create_engine(running.environment["DATABASE_URL"])
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def seeded(running: Stack) -> Seeded:
    """The ids of its rows."""
    return seed_stack(running)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or whatever CHROMIUM says."""
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    # It would wait for five seconds, and a page asks for what is new every five seconds.
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def everyone(chromium: Browser, running: Stack, seeded: Seeded) -> Visits:
    """Whoever is at a browser."""
    assert seeded
    return Visits(chromium, running)


@pytest.fixture
def visits(everyone: Visits) -> Iterator[Visits]:
    """The same for one test; no page may have complained in the end."""
    yield everyone
    complaints = everyone.complaints()
    everyone.close()
    assert complaints == []
