"""One push of a list: who is on it, what it covers, what is kept of it."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from models import SyncState
from tests.builders import Cast
from tests.workflows.pushing import ListServer, asked


@pytest.fixture
def server(tmp_path: Path) -> ListServer:
    return ListServer(tmp_path)


def test_a_push_hands_over_everybody_sorted(
    session: Session, people: Cast, server: ListServer
) -> None:
    waiting = asked(session, people.announce)

    server.push(session, waiting)

    assert server.addresses(people.announce) == ["barbara@example.org", "edsger@example.org"]
    assert (waiting.state, waiting.addresses, waiting.exit_status) == (SyncState.DONE, 2, 0)
