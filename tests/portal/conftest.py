"""The doors of a test's own house."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.faults.premises import OPEN
from tests.portal.doors import GRACE, Doors, a_house, clear, code_in, opened
from workflows.bells import Bell


@pytest.fixture(autouse=True, scope="package")
def nobody_is_at_work(pytestconfig: pytest.Config) -> None:
    """Send home the worker that tests elsewhere share; whoever needs it next starts it again."""
    if OPEN in pytestconfig.stash:
        _, premises, _ = pytestconfig.stash[OPEN]
        premises.worker.kill()


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
