"""Here nobody is at work, unless a test says so."""

import pytest

from tests.faults.premises import OPEN


@pytest.fixture(autouse=True, scope="package")
def nobody_is_at_work(pytestconfig: pytest.Config) -> None:
    """Send home the worker that tests elsewhere share; whoever needs it next starts it again."""
    if OPEN in pytestconfig.stash:
        _, premises, _ = pytestconfig.stash[OPEN]
        premises.worker.kill()
