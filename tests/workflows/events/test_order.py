"""Whatever workers and receivers do: each event arrives, in order per message."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import EventDelivery, EventDeliveryState, EventEndpoint, EventFailure, EventKind
from models.events import add_event
from tests.workflows.events.delivering import an_endpoint, deliveries, senders
from workflows.events import deliver
from workflows.events.addresses import NotDelivered
from workflows.events.deliver import deliver_event
from workflows.events.post import Webhook

# What a receiver does with the request of a step: it takes it, or fails; or the worker dies.
TAKES, FAILS, HANGS, WORKER_DIES = range(4)
FAILURES = {FAILS: EventFailure.STATUS, HANGS: EventFailure.TOOK_TOO_LONG}

OUTCOMES = st.sampled_from([TAKES, FAILS, HANGS, WORKER_DIES])
STEPS = st.lists(st.tuples(st.integers(0, 3), OUTCOMES, st.booleans()), max_size=10)


def write(session: Session, endpoint: EventEndpoint, message: int) -> None:
    """Write an event about this message."""
    about, data = f"message:{message}", {"message_id": message, "list_id": None}
    add_event(session, EventKind.MESSAGE_ASKED, about, [endpoint.id], **data)


def time_passes(session: Session, endpoint: EventEndpoint) -> None:
    """Let every delivery be due."""
    endpoint.retry_at = None
    for each in deliveries(session):
        each.due_at -= timedelta(hours=2)
    session.flush()


def work(session: Session, number: int, outcome: int) -> None:
    """Let a worker take this delivery; one that dies leaves no trace but the request."""
    step = session.begin_nested()
    if taken := EventDelivery.take(session, number, EventDeliveryState.PENDING):
        deliver_event(session, taken, senders())
        session.flush()
    if outcome == WORKER_DIES:
        step.rollback()
    else:
        step.commit()


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(st.integers(1, 2), min_size=1, max_size=4), steps=STEPS)
@example(messages=[1], steps=[(0, FAILS, False), (0, TAKES, False)])  # which is not due
def test_every_event_arrives_after_the_earlier_ones_of_its_message(
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    messages: list[int],
    steps: Iterable[tuple[int, int, bool]],
) -> None:
    arrived: list[str] = []
    now_outcome = TAKES

    def receive(webhook: Webhook, **_: Any) -> None:
        arrived.append(webhook.headers["webhook-id"])
        if now_outcome in FAILURES:
            raise NotDelivered(FAILURES[now_outcome])

    monkeypatch.setattr(deliver, "post", receive)
    with session.begin_nested() as example:
        endpoint = an_endpoint(session)
        for message in messages:
            write(session, endpoint, message)
        ids = [each.id for each in deliveries(session)]

        for which, now_outcome, waits in steps:
            if waits:
                time_passes(session, endpoint)
            work(session, ids[which % len(ids)], now_outcome)
        now_outcome = TAKES
        for number in ids:
            time_passes(session, endpoint)
            work(session, number, TAKES)

        for message in (1, 2):
            about = f"message:{message}"
            of_it = [one.event.public_id for one in deliveries(session) if one.about == about]
            first_times = [each for each in dict.fromkeys(arrived) if each in of_it]
            assert first_times == of_it
        assert {one.state for one in deliveries(session)} == {EventDeliveryState.SENT}
        example.rollback()
