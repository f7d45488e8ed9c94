"""Two workers deliver to one endpoint at the same time."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from models import EventDelivery, EventDeliveryState, EventEndpoint, EventFailure, EventKind
from models.events import add_event
from tests.workflows.events.delivering import an_endpoint, deliveries, senders
from workflows.events import deliver
from workflows.events.addresses import NotDelivered
from workflows.events.deliver import deliver_event


@pytest.fixture
def workers(own_database: Engine) -> Iterator[tuple[Session, Session]]:
    """Two sessions, neither of which waits for the other's locks."""
    with Session(own_database) as one, Session(own_database) as other:
        for each in (one, other):
            each.execute(text("set lock_timeout = '1s'"))
        yield one, other
        for each in (one, other):
            each.invalidate()  # No other test gets these connections.


def written(session: Session, *about: str) -> list[int]:
    """Commit an event about each of these to a new endpoint; return the deliveries' ids."""
    endpoint = an_endpoint(session)
    for each in about:
        add_event(session, EventKind.MESSAGE_ASKED, each, [endpoint.id], list_id=None)
    ids = [each.id for each in deliveries(session)]
    session.commit()
    return ids


def take(session: Session, number: int) -> EventDelivery:
    taken = EventDelivery.take(session, number, EventDeliveryState.PENDING)
    assert taken
    return taken


def test_only_one_finds_out_whether_an_endpoint_answers_again(
    workers: tuple[Session, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = workers
    first, second = written(one, "message:1", "message:2")
    one.query(EventEndpoint).update({"failures": 1})
    one.commit()
    posted = 0

    def hang(*_: object, **__: object) -> None:
        nonlocal posted
        posted += 1
        deliver_event(other, take(other, second), senders())
        other.commit()
        raise NotDelivered(EventFailure.TOOK_TOO_LONG)

    monkeypatch.setattr(deliver, "post", hang)

    deliver_event(one, take(one, first), senders())
    one.commit()

    assert posted == 1
    assert [each.attempts for each in deliveries(one)] == [1, 0]
    assert deliveries(one)[1].endpoint.failures == 2


def test_a_replayed_event_does_not_wait_for_a_later_one_that_is_being_sent(
    workers: tuple[Session, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = workers
    first, second = written(one, "message:1", "message:1")
    monkeypatch.setattr(deliver, "post", lambda *_, **__: None)
    take(other, second)

    deliver_event(one, take(one, first), senders())
    one.commit()

    assert [each.state.value for each in deliveries(one)] == ["sent", "pending"]
