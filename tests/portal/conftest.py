"""Fixtures of the portal's doors, each with a database of its own."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from models import OutboxEntry, User
from portal import cli
from tests.builders import Cast
from tests.faults.shared import kill_shared_worker
from tests.portal.doors import code, database_of_doors, doors, module_database, open_doors
from tests.portal.matrix import installation as matrix
from tests.portal.visitors import Visitor, an_app, forget_guesses, log_in_as
from tests.workflows.sync.pushing import ListServer

__all__ = ["code", "database_of_doors", "doors", "module_database", "open_doors"]


@pytest.fixture(autouse=True, scope="package")
def nobody_is_at_work(pytestconfig: pytest.Config) -> None:
    """A worker that tests elsewhere share would answer here, too."""
    kill_shared_worker(pytestconfig)


@pytest.fixture(autouse=True, scope="session")
def commands_built_once() -> Iterator[None]:
    """Build each command of `listgate` once, not for each call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "imported", cache(cli.imported))
        yield


@pytest.fixture
def stranger(people: Cast) -> Visitor:
    """A browser that has not logged in; the cast is in the database."""
    assert people
    app = an_app()
    forget_guesses(app)
    return Visitor(app)


@pytest.fixture
def as_person(stranger: Visitor, session: Session) -> Callable[[User], Visitor]:
    """A browser of its own in which this person has logged in: `as_person(people.ada)`."""
    return lambda user: log_in_as(session, Visitor(stranger.app), user)


@pytest.fixture
def server(tmp_path: Path) -> ListServer:
    """A list server of this test's own."""
    return ListServer(tmp_path)


@pytest.fixture(scope="session")
def filled(template: str) -> Iterator[matrix.Filled]:
    """A database with one row of each kind, which every test restores."""
    with matrix.filled(template) as filled:
        yield filled


@pytest.fixture(scope="module")
def installation(filled: matrix.Filled) -> Iterator[matrix.Installation]:
    """A portal with one row of each kind, for all tests of a module; each test restores it."""
    published: list[OutboxEntry] = []
    with pytest.MonkeyPatch.context() as patch, matrix.opened(filled, published) as one:
        patch.setattr("workflows.transaction.publish", published.extend)
        yield one
