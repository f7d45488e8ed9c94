"""The relay and the list server of a test of the verbs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.mailbox import Mailbox
from tests.workflows.pushing import ListServer


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """An SMTP server of this test's own."""
    with Mailbox() as running:
        yield running


@pytest.fixture
def server(tmp_path: Path) -> ListServer:
    """A list server of this test's own."""
    return ListServer(tmp_path)
