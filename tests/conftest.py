"""The database, the cast, and what was published."""

import gc
import time
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from models.database import engine, new_session
from models.outbox import OutboxEntry
from tests.builders import Cast, cast, the_cast
from tests.databases import (
    empty,
    keep_cast,
    main_url,
    migrate,
    new_database,
    reusable_database,
)
from tests.sources import modules_found_once
from workflows import transaction

# No deadlines: they measure how busy the machine is.  Each run tries the same examples, so that
# only a change can break a test; `--hypothesis-profile=default` tries other ones, and more.
settings.register_profile("tests", settings.get_profile("ci"), max_examples=40)
settings.load_profile("tests")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect garbage from now on, but none among modules and tests: they live until the end."""
    try:
        with modules_found_once():
            return (yield)
    finally:
        gc.freeze()
        # By default every 700 objects: 6 % of a run, for cycles that a few tests leave.
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


# Seconds: longer than a test takes that asks twice for the day.
LAST_OF_AN_HOUR = 20


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin no test just before a day ends in some time zone, or clocks are set there."""
    left = 3600 - time.time() % 3600
    if left < LAST_OF_AN_HOUR:
        time.sleep(left)


@pytest.fixture(scope="session", autouse=True)
def template() -> Iterator[str]:
    """Give the main database the schema; a copy of it without connections, to copy from."""
    migrate(main_url())
    with new_database(str(main_url().database)) as url:
        assert url.database is not None
        yield url.database


@pytest.fixture(scope="session")
def engine_with_cast(template: str) -> Iterator[Engine]:
    """A database with the cast: to add them once takes less time than once per test."""
    with new_database(template) as url:
        # Tests with `own_postgres` end every connection.
        own = create_engine(url, hide_parameters=True, pool_pre_ping=True)
        with Session(own) as session, session.begin():
            cast(session)
        yield own
        own.dispose()


@pytest.fixture(scope="session")
def loaded_cast(engine_with_cast: Engine) -> Cast:
    """The cast, as they are in that database, loaded once."""
    with Session(engine_with_cast, expire_on_commit=False) as session:
        return the_cast(session)


@pytest.fixture
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session in which every commit is a savepoint; at the end all of it is rolled back.

    A `transaction()` that is opened meanwhile uses the same connection.  A test that asks for
    `people` gets the database in which they are, any other test an empty one.
    """
    with_cast = "people" in request.fixturenames
    own = request.getfixturevalue("engine_with_cast") if with_cast else engine
    with own.connect() as connection, connection.begin() as everything:
        new_session.configure(bind=connection, join_transaction_mode="create_savepoint")
        with new_session() as session:
            yield session
        new_session.configure(bind=engine, join_transaction_mode="conditional_savepoint")
        everything.rollback()


@pytest.fixture(scope="session")
def database_for_commits(template: str) -> Iterator[Engine]:
    """The database of `own_database`."""
    with reusable_database(template) as own:
        keep_cast(own)
        yield own


@pytest.fixture
def committed_rows(request: pytest.FixtureRequest) -> str:
    """The name under which the rows are kept that `own_database` begins with.

    A module may have a fixture of this name that keeps rows of its own.
    """
    return "with_cast" if "committed_cast" in request.fixturenames else "kept"


@pytest.fixture
def own_database(database_for_commits: Engine, committed_rows: str) -> Iterator[Engine]:
    """An empty database where a commit is a commit: for threads and processes."""
    empty(database_for_commits, committed_rows)
    new_session.configure(bind=database_for_commits)
    yield database_for_commits
    new_session.configure(bind=engine)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[OutboxEntry]:
    """Collect what is published, instead of sending it to the broker."""
    entries: list[OutboxEntry] = []
    monkeypatch.setattr(transaction, "publish", entries.extend)
    return entries


@pytest.fixture
def people(
    session: Session,
    loaded_cast: Cast,
    published: list[OutboxEntry],  # noqa: ARG001 (nothing reaches the broker)
) -> Cast:
    """The cast, as the database with the cast has them."""
    return Cast._make(session.merge(one, load=False) for one in loaded_cast)
