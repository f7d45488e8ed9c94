"""Endpoints of a service, and deliveries to them, as the worker makes them."""

from collections.abc import Sequence

import redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    EventDelivery,
    EventDeliveryState,
    EventEndpoint,
    EventKind,
    Scope,
    Service,
)
from models.clock import now
from settings import settings
from tests.letter_context import KEYS
from workflows.events.deliver import Senders, deliver_event, secret_of
from workflows.events.endpoints import add_endpoint
from workflows.events.stream import Stream
from workflows.services.services import add_service

ALL = [kind for kind in EventKind if kind is not EventKind.WEBHOOK_TEST]


def a_service(session: Session, name: str = "register") -> Service:
    return add_service(session, name, [Scope.READ], actor=Actor.operator())


def an_endpoint(
    session: Session, url: str | None = "https://hooks.example.org/", *kinds: EventKind
) -> EventEndpoint:
    """An endpoint for these kinds of events, or for all, of a service of its own."""
    number = len(session.scalars(select(Service.id)).all())
    service = a_service(session, f"register {number}")
    return add_endpoint(
        session, service, url, kinds=kinds or ALL, allow_private=True, actor=Actor.operator()
    )


def senders(*, allow_private: bool = True) -> Senders:
    client = redis.Redis.from_url(settings.redis_url.get_secret_value())
    return Senders(KEYS, Stream(client), allow_private)


def secret(endpoint: EventEndpoint) -> str:
    return secret_of(endpoint, KEYS)


def deliveries(session: Session) -> Sequence[EventDelivery]:
    session.flush()
    return session.scalars(select(EventDelivery).order_by(EventDelivery.id)).all()


def deliver_due(session: Session, *, allow_private: bool = True) -> None:
    """Let a worker take each delivery that is due, once, the last one first."""
    for number in [each.id for each in deliveries(session) if each.due_at <= now()][::-1]:
        if taken := EventDelivery.take(session, number, EventDeliveryState.PENDING):
            deliver_event(session, taken, senders(allow_private=allow_private))
            session.flush()
