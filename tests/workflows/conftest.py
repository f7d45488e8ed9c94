"""The relay of a test of the verbs."""

from collections.abc import Iterator

import pytest

from sandbox.mailbox import Mailbox


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """An SMTP server of this test's own."""
    with Mailbox() as running:
        yield running
