"""The relay and the list server of a test of the verbs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models import Dispatch, OutboxEntry, SendoutRules
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_dispatch, members, the_cast
from tests.workflows.sendout.clocks import NINE, Clock
from tests.workflows.sendout.ruled import Ruled
from tests.workflows.sync.pushing import ListServer
from workflows.transaction import transaction


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """An SMTP server of this test's own."""
    with Mailbox() as running:
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the clock to nine in the morning."""
    return Clock(monkeypatch, NINE)


@pytest.fixture
def ruled(session: Session, people: Cast) -> Ruled:
    """A sendout, due now, to so many members of the list, which has these rules."""

    def begin(rules: SendoutRules, count: int = 10) -> Dispatch:
        people.announce.sendout_rules = rules
        members(session, people.announce, count - 2)
        return a_dispatch(session, people)

    return begin


@pytest.fixture
def server(tmp_path: Path) -> ListServer:
    """A list server of this test's own."""
    return ListServer(tmp_path)


@pytest.fixture
def committed_cast(own_database: Engine, published: list[OutboxEntry]) -> Cast:  # noqa: ARG001
    """The cast, in a database where commits are commits."""
    with transaction() as session:
        return the_cast(session)
