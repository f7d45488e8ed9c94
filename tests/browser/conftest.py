"""One house and one browser for all tests here, and a look at what the browser complained of."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from sandbox.house import House
from sandbox.house import house as a_house
from tests.browser.pages import furnish, people_of
from tests.browser.visits import Visits
from tests.builders import cast


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole house: gunicorn, worker, beat, mailbox, telephones, list server."""
    with a_house(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture(scope="session")
def rooms(running: House) -> Iterator[Engine]:
    """Its database, in which the cast lives."""
    engine = create_engine(running.environment["DATABASE_URL"])
    with Session(engine) as session, session.begin():
        cast(session)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def everyone(running: House, rooms: Engine) -> Iterator[Visits]:
    """Whoever is at a browser; a sandbox of its own is not to be had for root."""
    assert rooms
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield Visits(chromium, running)
        chromium.close()


@pytest.fixture
def visits(everyone: Visits) -> Iterator[Visits]:
    """The same for one test; no page may have complained in the end."""
    yield everyone
    complaints = list(everyone.complaints)
    everyone.close()
    assert complaints == []


@pytest.fixture(scope="session")
def furnished(rooms: Engine) -> list[str]:
    """The paths of pages that have something on them."""
    with Session(rooms) as session, session.begin():
        return furnish(session, people_of(session))
