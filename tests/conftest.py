"""The database, the cast, and the bells that rang."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from models.database import engine, new_session
from tests.builders import Cast, cast
from tests.databases import main_url, migrate, new_database
from workflows import transaction as unit
from workflows.outbox import Bell

# No deadlines: they say how busy a machine is.  Each run tries the same examples, so that whoever
# changed nothing breaks nothing; `--hypothesis-profile=default` looks for others.
settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def migrated() -> None:
    """Give the main database the schema, once."""
    migrate(main_url())


@pytest.fixture(scope="session")
def template() -> Iterator[str]:
    """A migrated database that nobody is connected to, to copy from."""
    with new_database() as url:
        migrate(url)
        assert url.database is not None
        yield url.database


@pytest.fixture
def session() -> Iterator[Session]:
    """A session in which every commit is a savepoint; in the end all of it is undone.

    Whoever opens a `transaction()` meanwhile works in the same connection.
    """
    with engine.connect() as connection, connection.begin() as everything:
        new_session.configure(bind=connection, join_transaction_mode="create_savepoint")
        with new_session() as session:
            yield session
        new_session.configure(bind=engine, join_transaction_mode="conditional_savepoint")
        everything.rollback()


@pytest.fixture
def own_database(template: str) -> Iterator[Engine]:
    """A database of this test's own, where a commit is a commit: for threads and processes."""
    with new_database(template) as url:
        own = create_engine(url, hide_parameters=True)
        new_session.configure(bind=own)
        yield own
        new_session.configure(bind=engine)
        own.dispose()


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[Bell]:
    """The bells that were rung, instead of ringing them."""
    bells: list[Bell] = []
    monkeypatch.setattr(unit, "ring", bells.extend)
    monkeypatch.setattr(unit, "ring_for_lists", lambda _lists: None)
    return bells


@pytest.fixture
def people(session: Session, rung: list[Bell]) -> Cast:  # noqa: ARG001 (nobody is to ring here)
    """The cast."""
    return cast(session)
