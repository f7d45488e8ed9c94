"""Deliveries: at least once, in order, retried for a day, replayed by a person."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    ActsFor,
    AuditEntry,
    Event,
    EventDelivery,
    EventDeliveryState,
    EventEndpoint,
    EventFailure,
    EventKind,
    Invalid,
    Unknown,
)
from models.clock import now
from models.events import GIVE_UP_AFTER, add_event
from models.outbox import drain
from settings import settings
from tests.builders import Cast
from tests.workflows.events.delivering import (
    an_endpoint,
    deliver_due,
    deliveries,
    secret,
    senders,
)
from tests.workflows.events.receiver import Received, Receiver, verified
from workflows.events import deliver, endpoints, stream
from workflows.events.addresses import NotDelivered
from workflows.events.deliver import KEPT_FOR, deliver_event, forget_old_events
from workflows.events.stream import Stream
from workflows.redis_client import redis_at
from workflows.subscriptions.subscribe import unsubscribe

OPERATOR = Actor.operator()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def write(session: Session, endpoint: EventEndpoint, about: str = "message:1") -> EventDelivery:
    """Write an event for this endpoint, and return its delivery."""
    add_event(session, EventKind.MESSAGE_ASKED, about, [endpoint.id], list_id=None)
    return deliveries(session)[-1]


def make_due(session: Session, ago: timedelta = timedelta()) -> None:
    """Let the time pass until every pending delivery may be tried."""
    for each in deliveries(session):
        if each.state is EventDeliveryState.PENDING:
            each.due_at = now() - ago
        each.endpoint.retry_at = None
    session.flush()


def states(session: Session) -> list[str]:
    return [each.state.value for each in deliveries(session)]


def test_an_event_is_delivered_signed_and_published_at_once(
    session: Session, receiver: Receiver
) -> None:
    endpoint = an_endpoint(session, receiver.url)
    delivery = write(session, endpoint)
    assert [entry.row_id for entry in drain(session)] == [delivery.id]

    deliver_due(session)

    (got,) = receiver.received
    assert verified(secret(endpoint), got)
    assert got.event["type"] == "message.asked"
    assert got.headers["Content-Type"] == "application/json"
    assert got.event_id == delivery.event.public_id
    assert abs(int(got.headers["webhook-timestamp"]) - now().timestamp()) < 300
    assert (delivery.state, delivery.attempts) == (EventDeliveryState.SENT, 1)


def test_a_failed_attempt_is_repeated_later_with_the_same_id(
    session: Session, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 500
    delivery = write(session, an_endpoint(session, receiver.url))

    deliver_due(session)
    waits = delivery.due_at - now()
    deliver_due(session)  # not due
    receiver.answer = lambda _: 200
    make_due(session)
    deliver_due(session)

    assert timedelta(seconds=20) < waits < timedelta(seconds=40)
    assert delivery.attempts == 2
    assert len({each.event_id for each in receiver.received}) == 1
    assert (delivery.failure, delivery.http_status) == (None, None)


def test_after_a_day_it_is_a_dead_letter_which_is_replayed(
    session: Session, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 503
    endpoint = an_endpoint(session, receiver.url)
    delivery = write(session, endpoint)

    delivery.give_up_at = now() + timedelta(seconds=10)
    deliver_due(session)

    assert (delivery.state, delivery.failure) == (EventDeliveryState.FAILED, EventFailure.STATUS)
    assert list(endpoints.dead_letters(session, endpoint, limit=9)) == [delivery]
    receiver.answer = lambda _: 200
    assert endpoints.replay(session, endpoint, actor=OPERATOR) == 1
    assert delivery.publish_after <= now(), "the sweep publishes it"
    assert delivery.give_up_at > now() + GIVE_UP_AFTER / 2
    deliver_due(session)
    assert delivery.state is EventDeliveryState.SENT
    assert endpoints.replay(session, endpoint, actor=OPERATOR) == 0


def test_the_attempts_of_a_day_grow_apart(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NotDelivered(EventFailure.STATUS, 500)

    monkeypatch.setattr(deliver, "post", refuse)
    delivery = write(session, an_endpoint(session))
    began, waited = now(), []

    while delivery.state is EventDeliveryState.PENDING:
        make_due(session)
        deliver_due(session)
        waited.append(delivery.due_at - now())
        delivery.give_up_at -= waited[-1]  # as if that time had passed

    assert 25 <= delivery.attempts <= 40
    assert waited[0] < timedelta(minutes=1) < waited[3]
    assert max(waited) <= timedelta(hours=1.2)
    assert now() - began < timedelta(minutes=5)


def test_an_endpoint_that_is_gone_is_disabled(session: Session, receiver: Receiver) -> None:
    receiver.answer = lambda _: 410
    endpoint = an_endpoint(session, receiver.url)
    first, second = write(session, endpoint), write(session, endpoint, "message:2")

    deliver_due(session)

    assert endpoint.disabled_at
    assert {first.failure, second.failure} == {EventFailure.GONE, EventFailure.DISABLED}
    assert len(receiver.received) == 1
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.DISABLED_WEBHOOK)).one()
    assert (entry.actor_id, entry.detail["webhook"]) == (None, endpoint.id)


def test_events_about_one_message_arrive_in_order(session: Session, receiver: Receiver) -> None:
    endpoint = an_endpoint(session, receiver.url)
    first, second, third = (write(session, endpoint) for _ in range(3))
    other = write(session, endpoint, "message:2")
    receiver.answer = lambda got: 500 if got.event_id == first.event.public_id else 200
    drain(session)

    deliver_due(session)  # the last one first
    assert states(session) == ["pending", "pending", "pending", "sent"]
    receiver.answer = lambda _: 200
    for _ in range(3):
        make_due(session)
        deliver_due(session)

    arrived = [each.event_id for each in receiver.received]
    ids = [each.event.public_id for each in (other, first, first, second, third)]
    assert arrived == ids


def test_a_delivery_publishes_the_next_one(session: Session, receiver: Receiver) -> None:
    endpoint = an_endpoint(session, receiver.url)
    first, second = write(session, endpoint), write(session, endpoint)
    second.due_at = now() + timedelta(hours=1)
    session.flush()
    drain(session)

    deliver_event(session, first, senders())
    session.flush()

    assert [entry.row_id for entry in drain(session)] == [second.id]
    assert second.due_at <= now()


def test_a_dead_letter_lets_the_next_event_pass(session: Session, receiver: Receiver) -> None:
    endpoint = an_endpoint(session, receiver.url)
    first, second = write(session, endpoint), write(session, endpoint)
    receiver.answer = lambda got: 500 if got.event_id == first.event.public_id else 200
    first.give_up_at = now()

    deliver_event(session, first, senders())
    deliver_event(session, second, senders())

    assert states(session) == ["failed", "sent"]


def test_while_an_endpoint_is_unreachable_one_delivery_at_a_time_tries(session: Session) -> None:
    with Receiver() as gone:
        endpoint = an_endpoint(session, gone.url)
    events = [write(session, endpoint, f"message:{number}") for number in range(5)]

    deliver_due(session)

    assert sum(each.attempts for each in events) == 1
    assert all(each.due_at > now() for each in events)
    assert endpoint.retry_at
    with Receiver() as back:
        endpoint.url = back.url
        make_due(session)
        deliver_due(session)
    assert set(states(session)) == {"sent"}
    session.refresh(endpoint)
    assert [endpoint.retry_at, endpoint.failures] == [None, 0]


def test_what_waits_a_day_for_an_unreachable_endpoint_is_a_dead_letter(session: Session) -> None:
    endpoint = an_endpoint(session)
    endpoint.failures, endpoint.retry_at = 9, now() + timedelta(hours=1)
    first, second, later = (write(session, endpoint) for _ in range(3))
    first.give_up_at = second.give_up_at = now()

    for each in (first, second, later):
        deliver_event(session, each, senders())

    assert states(session) == ["failed", "failed", "pending"]
    assert (first.attempts, first.failure) == (0, EventFailure.UNREACHABLE)
    assert later.due_at == endpoint.retry_at


def test_a_private_address_gets_nothing_unless_allowed(
    session: Session, receiver: Receiver
) -> None:
    delivery = write(session, an_endpoint(session, receiver.url))

    deliver_due(session, allow_private=False)

    assert delivery.failure is EventFailure.FORBIDDEN_ADDRESS
    assert receiver.received == []


def test_a_stream_gets_the_same_events(session: Session, people: Cast) -> None:
    client: Any = redis.Redis.from_url(settings.redis_url.get_secret_value(), decode_responses=True)
    endpoint = an_endpoint(session, None)
    name = stream.stream_name(endpoint.service.name)
    client.delete(name)
    first, second = write(session, endpoint), write(session, endpoint)
    del people

    deliver_event(session, first, senders())
    deliver_event(session, second, senders())

    entries = [fields for _, fields in client.xrange(name)]
    assert [each["id"] for each in entries] == [first.event.public_id, second.event.public_id]
    assert json.loads(entries[0]["event"])["type"] == "message.asked"
    with pytest.raises(Invalid, match="has a stream already"):
        endpoints.add_endpoint(
            session, endpoint.service, None, kinds=[EventKind.PUSH_DONE], actor=OPERATOR
        )


def test_a_stream_that_cannot_be_written_gets_the_event_later(session: Session) -> None:
    delivery = write(session, an_endpoint(session, None))
    nowhere = Stream(redis_at("redis://127.0.0.1:1/0"))

    deliver_event(session, delivery, replace(senders(), stream=nowhere))
    assert (delivery.state, delivery.attempts) == (EventDeliveryState.PENDING, 1)
    assert delivery.failure is EventFailure.UNREACHABLE
    assert delivery.due_at > now()

    make_due(session)
    deliver_due(session)
    assert states(session) == ["sent"]


def test_an_event_about_people_whom_the_service_does_not_know_is_done_without_a_request(
    session: Session, people: Cast, receiver: Receiver
) -> None:
    endpoint = an_endpoint(session, receiver.url)
    endpoint.service.acts_for = ActsFor.OWN

    unsubscribe(session, people.edsger, people.announce, actor=OPERATOR)
    deliver_due(session)

    assert states(session) == ["sent"]
    assert receiver.received == []


def test_an_endpoint_needs_a_kind_of_event(session: Session) -> None:
    service = an_endpoint(session).service

    with pytest.raises(Invalid, match="at least one kind of event"):
        endpoints.add_endpoint(
            session, service, "https://hooks.example.org/", kinds=[], actor=OPERATOR
        )


def test_an_endpoint_is_disabled_and_enabled_once(session: Session) -> None:
    endpoint = an_endpoint(session)

    for _ in range(2):
        endpoints.disable_endpoint(session, endpoint, actor=OPERATOR)
    assert not endpoint.is_enabled
    for _ in range(2):
        endpoints.enable_endpoint(session, endpoint, actor=OPERATOR)
    assert endpoint.is_enabled

    session.flush()
    acts = select(AuditEntry.act).order_by(AuditEntry.id.desc()).limit(3)
    assert list(session.scalars(acts)) == [
        Act.ENABLED_WEBHOOK,
        Act.DISABLED_WEBHOOK,
        Act.ADDED_WEBHOOK,
    ]


def test_a_test_event_goes_to_one_endpoint(session: Session, receiver: Receiver) -> None:
    endpoint, _ = an_endpoint(session, receiver.url), an_endpoint(session, receiver.url)

    endpoints.test_endpoint(session, endpoint, actor=OPERATOR)
    deliver_due(session)

    (got,) = receiver.received
    assert (got.event["type"], got.event["data"]) == ("webhook.test", {})
    assert verified(secret(endpoint), got)


UNUSABLE = [
    "",
    "hooks.example.org",
    "http://hooks.example.org/",
    "ftp://hooks.example.org/",
    "https:///path",
    "https://user:password@hooks.example.org/",
    "https://hooks.example.org/#part",
    "https://hooks.example.org/a b",
    "https://hooks.example.org:99999/",
    "https://hooks.example.org/\r\nX: y",
    "https://hööks.example.org/",
    "https://[::1/",
    "https://hooks.example.org/" + "a" * 2000,
]


def test_an_unusable_address_is_refused(session: Session, subtests: pytest.Subtests) -> None:
    service, kinds = an_endpoint(session).service, [EventKind.PUSH_DONE]

    for url in UNUSABLE:
        with subtests.test(url=url), pytest.raises(Invalid, match="begins with https"):
            endpoints.add_endpoint(session, service, url, kinds=kinds, actor=OPERATOR)


def test_a_removed_endpoint_leaves_nothing_but_its_audit_entries(session: Session) -> None:
    endpoint = an_endpoint(session)
    write(session, endpoint)
    number = endpoint.id

    endpoints.disable_endpoint(session, endpoint, actor=OPERATOR)
    endpoints.enable_endpoint(session, endpoint, actor=OPERATOR)
    endpoints.remove_endpoint(session, endpoint, actor=OPERATOR)

    assert session.scalar(select(func.count()).select_from(EventDelivery)) == 0
    acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
    assert acts[1:] == ["added_webhook", "disabled_webhook", "enabled_webhook", "removed_webhook"]
    with pytest.raises(Unknown):
        endpoints.endpoint_by_id(session, number)


def test_for_a_day_after_a_rotation_both_secrets_sign(session: Session, receiver: Receiver) -> None:
    endpoint = an_endpoint(session, receiver.url)

    def signing(*secrets: str) -> list[bool]:
        """Which of the secrets verify the next request."""
        deliver_event(session, write(session, endpoint), senders())
        return [verified(each, receiver.received[-1]) for each in secrets]

    former = secret(endpoint)
    endpoints.rotate_secret(session, endpoint, actor=OPERATOR)
    new = secret(endpoint)
    assert signing(former, new) == [True, True]
    endpoint.former_until = now()
    assert signing(former, new) == [False, True]
    endpoints.rotate_secret(session, endpoint, at_once=True, actor=OPERATOR)
    assert signing(former, new, secret(endpoint)) == [False, False, True]


def test_old_events_are_deleted_with_their_deliveries(session: Session) -> None:
    endpoint = an_endpoint(session)
    write(session, endpoint).event.at = now() - KEPT_FOR - timedelta(hours=1)
    recent = write(session, endpoint)
    recent.event.at = now() - KEPT_FOR + timedelta(hours=1)
    session.flush()

    forget_old_events(session)

    assert session.scalars(select(Event.id)).all() == [recent.event_id]
    assert session.scalars(select(EventDelivery.id)).all() == [recent.id]


def test_a_receiver_learns_of_nothing_private_in_headers(
    session: Session, receiver: Receiver
) -> None:
    write(session, an_endpoint(session, receiver.url))

    deliver_due(session)

    got: Received = receiver.received[0]
    assert {name.lower() for name in got.headers} == {
        "host",
        "accept-encoding",
        "content-length",
        "content-type",
        "user-agent",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    }
