"""Webhooks and streams with a real worker: the story of a message, a kill -9, and FLUSHALL."""

import json
from collections.abc import Iterator
from threading import Event
from typing import Any, Final

import pytest
import redis

from models import Actor, EventEndpoint, EventKind, Scope
from sandbox.postgres import Postgres
from sandbox.valkey import Valkey
from settings import settings
from tests.faults.live import LiveStack
from tests.letter_context import KEYS
from tests.waiting import PATIENCE, wait_for
from tests.workflows.events.receiver import Received, Receiver, verified
from workflows.celery import app
from workflows.events.deliver import secret_of
from workflows.events.endpoints import add_endpoint
from workflows.events.stream import stream_name
from workflows.services.services import add_service
from workflows.transaction import transaction

KINDS: Final = [kind for kind in EventKind if kind is not EventKind.WEBHOOK_TEST]
STORY: Final = ["message.asked", "message.decided", "message.sent"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def subscribe(url: str | None) -> EventEndpoint:
    """Let a service of its own get every event."""
    operator = Actor.operator()
    with transaction() as session:
        name = "by stream" if url is None else "by webhook"
        service = add_service(session, name, [Scope.READ], actor=operator)
        return add_endpoint(session, service, url, kinds=KINDS, allow_private=True, actor=operator)


def deliveries_due(live: LiveStack) -> None:
    """Let an hour pass for deliveries."""
    hour = "interval '1 hour'"
    live.sql(f"update event_delivery set due_at = due_at - {hour}, ring_at = ring_at - {hour}")
    live.sql("update event_endpoint set retry_at = null")


def all_sent(live: LiveStack) -> bool:
    """Sweep as if an hour had passed, and return whether every delivery is sent."""
    deliveries_due(live)
    live.sweep_and_wait()
    live.wait_until_idle()
    return live.states("event_delivery").keys() == {"sent"}


def of_the_message(kinds: list[str]) -> list[str]:
    """Return these kinds without repetitions, and without what is not about the message."""
    return [kind for kind in dict.fromkeys(kinds) if kind.startswith("message.")]


def test_a_service_hears_of_a_message_by_webhook_and_by_stream(
    live: LiveStack, receiver: Receiver
) -> None:
    endpoint, in_stream = subscribe(receiver.url), subscribe(None)

    live.decide(live.ask(letters=False))
    wait_for("the sendout to end", lambda: STORY[-1] in receiver.kinds)
    wait_for("every delivery", lambda: live.states("event_delivery").keys() == {"sent"})

    assert of_the_message(receiver.kinds) == STORY
    assert all(verified(secret_of(endpoint, KEYS), each) for each in receiver.received)
    client: Any = redis.Redis.from_url(settings.redis_url.get_secret_value())
    with transaction() as session:
        name = stream_name(session.get_one(EventEndpoint, in_stream.id).service.name)
    entries = [json.loads(fields[b"event"])["type"] for _, fields in client.xrange(name)]
    assert of_the_message(entries) == STORY


def test_an_event_arrives_although_the_worker_was_killed_during_the_request(
    live: LiveStack, receiver: Receiver
) -> None:
    def wait(_: Received) -> int:
        receiver.over.wait()
        return 200

    receiver.answer = wait
    subscribe(receiver.url)
    live.ask(letters=False)
    wait_for("the request", lambda: receiver.received)

    live.setup.worker.kill()
    receiver.answer = lambda _: 200
    live.worker.start()
    wait_for("the event", lambda: all_sent(live))

    # A push of the list may send one of its own meanwhile.
    interrupted, *later = [each.event_id for each in receiver.received]
    assert interrupted in later


def test_an_event_is_repeated_if_postgres_is_restarted_during_the_request(
    live: LiveStack, receiver: Receiver, own_postgres: Postgres
) -> None:
    restarted = Event()
    receiver.answer = lambda _: 200 if restarted.wait(PATIENCE) else 500
    subscribe(receiver.url)
    live.ask(letters=False)
    wait_for("the request", lambda: receiver.received)

    own_postgres.kill()
    own_postgres.start()
    restarted.set()
    wait_for("the event", lambda: all_sent(live))

    interrupted, *later = [each.event_id for each in receiver.received]
    assert interrupted in later


def test_an_event_arrives_although_the_broker_lost_its_task(
    live: LiveStack, receiver: Receiver, own_valkey: Valkey
) -> None:
    subscribe(receiver.url)
    other = own_valkey.url.removesuffix("/0") + "/1"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.conf, "broker_url", other)
        live.ask(letters=False)
    with redis.Redis.from_url(other) as lost:
        assert lost.dbsize() > 0
        lost.flushdb()
    assert receiver.received == []

    wait_for("the event", lambda: all_sent(live))

    assert of_the_message(receiver.kinds) == STORY[:1]
