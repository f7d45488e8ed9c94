"""The doors of a test's own house."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models import User
from tests.builders import Cast
from tests.faults.premises import send_home
from tests.portal.doors import GRACE, Doors, a_house, clear, code_in, opened
from tests.portal.matrix import house as matrix
from tests.portal.visitors import Visitor, an_app, forget_guesses, log_in_as
from tests.workflows.sync.pushing import ListServer
from workflows import transaction as unit
from workflows.outbox import Bell


@pytest.fixture(autouse=True, scope="package")
def nobody_is_at_work(pytestconfig: pytest.Config) -> None:
    """A worker that tests elsewhere share would answer here, too."""
    send_home(pytestconfig)


@pytest.fixture(scope="module")
def our_house(template: str) -> Iterator[Engine]:
    """A database for all tests of a module, one after the other."""
    with a_house(template) as house:
        yield house


@pytest.fixture
def doors(
    our_house: Engine,
    rung: list[Bell],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Doors]:
    """All doors of a house in which there is the cast and nothing else."""
    clear(our_house)
    with opened(rung, monkeypatch) as running:
        yield running


@pytest.fixture
def code(doors: Doors) -> str:
    """The six digits that Grace got by SMS."""
    doors.ask()
    return code_in(doors.phone.to(GRACE)[-1].body)


@pytest.fixture
def stranger(people: Cast) -> Visitor:
    """Somebody with a browser who has not logged in; the cast is there."""
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


@pytest.fixture(scope="module")
def furnished() -> Iterator[matrix.House]:
    """A house with one of each thing, for all tests of a module; each leaves it as it was."""
    bells: list[Bell] = []
    with pytest.MonkeyPatch.context() as patch, matrix.opened(bells) as house:
        patch.setattr(unit, "ring", bells.extend)
        patch.setattr(unit, "ring_for_lists", bells.extend)
        house.furnish()
        yield house
