"""Deliver an event to an endpoint: at least once, and in order for each message and each list."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Event,
    EventDelivery,
    EventDeliveryState,
    EventEndpoint,
    EventFailure,
    record,
)
from models.clock import now
from notifications.letters.keys import Keys
from notifications.retry import retry_at
from workflows.events.addresses import NotDelivered
from workflows.events.payload import names_for, payload
from workflows.events.post import Webhook, post
from workflows.events.signature import secret_text, signed_headers
from workflows.events.stream import Stream

log = logging.getLogger(__name__)

# A delivery that waits for an earlier one looks again after this time, at the earliest; usually
# the earlier one publishes it.
LOOK_AGAIN: Final = timedelta(seconds=5)

# As long as an attempt takes, at most.
ATTEMPT: Final = timedelta(seconds=30)

# Events are deleted after this time, with their deliveries.
KEPT_FOR: Final = timedelta(days=30)

# Of these failures, each attempt takes seconds in which the worker does nothing else.
COSTLY: Final = {EventFailure.UNREACHABLE, EventFailure.TOOK_TOO_LONG, EventFailure.UNKNOWN_NAME}


@dataclass(frozen=True)
class Senders:
    """What a delivery needs besides its row."""

    keys: Keys
    stream: Stream
    allow_private: bool


def deliver_event(session: Session, delivery: EventDelivery, senders: Senders) -> None:
    """Deliver the event, or postpone it while an earlier one about the same thing waits."""
    if must_wait(session, delivery) or another_tries(session, delivery):
        return
    delivery.attempts += 1
    try:
        send(session, delivery, senders)
    except NotDelivered as why:
        log.info(
            "event not delivered",
            extra={"delivery": delivery.id, "why": why.failure, "status": why.http_status},
        )
        note_failure(session, delivery, why)
    else:
        note_success(delivery)
    if delivery.state is not EventDeliveryState.PENDING:
        publish_next(session, delivery)


def must_wait(session: Session, delivery: EventDelivery) -> bool:
    """Return whether it is not its turn; it is postponed until it may be, or given up."""
    moment = now()
    if delivery.due_at > moment:
        return True
    waiting = [each.due_at for each in in_order(session, delivery) if each.id < delivery.id]
    resting = delivery.endpoint.retry_at
    if waiting:
        delivery.postpone(max(moment + LOOK_AGAIN, min(waiting)))
        return True
    if resting and resting > moment:
        wait_for_endpoint(session, delivery, resting)
        return True
    return False


def wait_for_endpoint(session: Session, delivery: EventDelivery, until: datetime) -> None:
    """Postpone the delivery, or give it up: while one tries, the others make no attempts."""
    if until <= delivery.give_up_at:
        delivery.postpone(until)
        return
    delivery.failure = delivery.failure or EventFailure.UNREACHABLE
    delivery.move(EventDeliveryState.FAILED)
    publish_next(session, delivery)


def another_tries(session: Session, delivery: EventDelivery) -> bool:
    """Return whether the endpoint did not answer, and another worker is trying it.

    Otherwise each worker would wait for it.  No lock of the row, for which `disable_endpoint` would
    wait.
    """
    if not delivery.endpoint.failures:
        return False
    key = func.hashtextextended(f"listgate.webhook.{delivery.endpoint_id}", 0)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(key))):
        delivery.postpone(now() + ATTEMPT)
        return True
    session.refresh(delivery.endpoint)  # the one before may have failed meanwhile
    return must_wait(session, delivery)


def in_order(session: Session, delivery: EventDelivery) -> list[EventDelivery]:
    """Return the first two pending deliveries to the endpoint about the same thing."""
    same = select(EventDelivery).where(
        EventDelivery.endpoint_id == delivery.endpoint_id,
        EventDelivery.about == delivery.about,
        EventDelivery.state == EventDeliveryState.PENDING,
    )
    return list(session.scalars(same.order_by(EventDelivery.id).limit(2)))


def send(session: Session, delivery: EventDelivery, senders: Senders) -> None:
    """Send the event to the URL or add it to the stream; raise NotDelivered."""
    endpoint, event = delivery.endpoint, delivery.event
    if not endpoint.is_enabled:
        raise NotDelivered(EventFailure.DISABLED)
    body = payload(event, names_for(session, event, endpoint.service))
    if body is None:
        return
    if endpoint.url is None:
        senders.stream.add(endpoint.service.name, event.public_id, body)
        return
    secrets = secrets_of(endpoint, senders.keys)
    at = int(now().timestamp())
    headers = signed_headers(secrets, event.public_id, at=at, body=body)
    headers |= {"Content-Type": "application/json", "User-Agent": "Listgate"}
    post(Webhook(endpoint.url, headers, body), allow_private=senders.allow_private)


def secrets_of(endpoint: EventEndpoint, keys: Keys) -> list[str]:
    """Return the secrets with which the endpoint's requests are signed, the present one first."""
    return [secret_text(keys.webhook_secret(endpoint.id, salt)) for salt in endpoint.salts]


def secret_of(endpoint: EventEndpoint, keys: Keys) -> str:
    """Return the present secret."""
    return secrets_of(endpoint, keys)[0]


def note_success(delivery: EventDelivery) -> None:
    """Record that the endpoint has the event; it can be reached again."""
    delivery.sent_at, delivery.failure, delivery.http_status = now(), None, None
    delivery.move(EventDeliveryState.SENT)
    reached(delivery.endpoint)


def note_failure(session: Session, delivery: EventDelivery, why: NotDelivered) -> None:
    """Postpone the delivery, or give it up; an endpoint that is gone is disabled."""
    endpoint = delivery.endpoint
    delivery.failure, delivery.http_status = why.failure, why.http_status
    if why.failure in COSTLY:
        endpoint.failures += 1
        endpoint.retry_at = retry_at(endpoint.failures)
    else:
        reached(endpoint)
    again = retry_at(delivery.attempts)
    if why.failure is EventFailure.GONE:
        endpoint.disabled_at = now()
        service = endpoint.service.name
        record(
            session,
            Act.DISABLED_WEBHOOK,
            actor=Actor.system(),
            service=service,
            webhook=endpoint.id,
        )
    if why.failure in {EventFailure.GONE, EventFailure.DISABLED} or again > delivery.give_up_at:
        delivery.move(EventDeliveryState.FAILED)
    else:
        delivery.postpone(again)


def reached(endpoint: EventEndpoint) -> None:
    """Note that the endpoint answers."""
    if endpoint.failures:
        endpoint.failures, endpoint.retry_at = 0, None


def publish_next(session: Session, delivery: EventDelivery) -> None:
    """Publish the next delivery to the endpoint about the same thing."""
    for following in in_order(session, delivery)[:1]:
        # A locked one is postponed by the worker that has it, or is a replayed event's follower,
        # which is being sent; to wait for that could be a deadlock.
        if taken := EventDelivery.take(session, following.id, EventDeliveryState.PENDING):
            taken.postpone(now())


def forget_old_events(session: Session) -> None:
    """Delete old events with their deliveries."""
    session.execute(delete(Event).where(Event.at < now() - KEPT_FOR))
