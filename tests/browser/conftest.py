"""One house and one browser for all tests here, and a look at what the browser complained of."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import Engine, create_engine

from sandbox.house import BIN, House
from sandbox.house import house as a_house
from tests.browser.furniture import Furniture, bring
from tests.browser.visits import PATIENCE, Visits

# A sandbox of its own is not to be had for root.  The browser is to ask for our pages only: not
# for its maker's updates, experiments and names.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    # Chromium knows no such thing; .ci/run sees by it whether a browser of this clone is left.
    f"--started-by={BIN}",
]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole house: gunicorn, worker, beat, mailbox, telephones, list server."""
    with a_house(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture(scope="session")
def rooms(running: House) -> Iterator[Engine]:
    """Its database."""
    engine = create_engine(running.environment["DATABASE_URL"])
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def furniture(running: House) -> Furniture:
    """What stands in it."""
    return bring(running)


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
def everyone(chromium: Browser, running: House, furniture: Furniture) -> Visits:
    """Whoever is at a browser."""
    assert furniture
    return Visits(chromium, running)


@pytest.fixture
def visits(everyone: Visits) -> Iterator[Visits]:
    """The same for one test; no page may have complained in the end."""
    yield everyone
    complaints = everyone.complaints()
    everyone.close()
    assert complaints == []
