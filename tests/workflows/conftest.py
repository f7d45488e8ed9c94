"""The relay and the list server of a test of the verbs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sandbox.mailbox import Mailbox
from tests.builders import Cast, cast
from tests.workflows.pushing import ListServer
from workflows.bells import Bell
from workflows.transaction import transaction


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """An SMTP server of this test's own."""
    with Mailbox() as running:
        yield running


@pytest.fixture
def server(tmp_path: Path) -> ListServer:
    """A list server of this test's own."""
    return ListServer(tmp_path)


@pytest.fixture
def lived_in(house: Engine, rung: list[Bell]) -> Cast:  # noqa: ARG001 (nobody is to ring here)
    """The cast, in a house where commits are commits."""
    with transaction() as session:
        return cast(session)
