"""What happened, for the services that have asked for it: events, endpoints and deliveries.

An event is written in the transaction of its fact, with a delivery for each endpoint that wants it.
It holds ids, states and counts, and nothing private.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import token_hex
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, Text, event, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from models.base import Base, identity
from models.clock import now
from models.installation import new_mark
from models.lifecycle import text_enum
from models.outbox import WorkItem
from models.services import Service

# A delivery that still fails after this time is a dead letter.
GIVE_UP_AFTER = timedelta(days=1)

# People in one event, at most: an import of a million is no single request.
PEOPLE_PER_EVENT = 500

# The key of the endpoints that the transaction has found, in `session.info`.
ENDPOINTS = "event_endpoints"


class EventKind(StrEnum):
    """What happened; docs/events.md describes each."""

    MESSAGE_ASKED = "message.asked"
    MESSAGE_DECIDED = "message.decided"
    MESSAGE_WITHDRAWN = "message.withdrawn"
    MESSAGE_EXPIRED = "message.expired"
    MESSAGE_RECALLED = "message.recalled"
    MESSAGE_SENT = "message.sent"
    MESSAGE_FAILED = "message.failed"
    SUBSCRIPTION_CHANGED = "subscription.changed"
    PUSH_HELD = "push.held"
    PUSH_FAILED = "push.failed"
    PUSH_DONE = "push.done"
    PERSON_BOUNCED = "person.bounced"
    WEBHOOK_TEST = "webhook.test"


class Event(Base):
    """A fact that a service has asked for; `payload` in workflows/events adds names to its ids."""

    __tablename__ = "event"

    id: Mapped[identity]
    # No CHECK, because every new kind would need a migration.
    kind: Mapped[EventKind] = mapped_column(text_enum(EventKind, checked=False))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    # A random part of the id that receivers see: after a restored backup, numbers repeat.
    mark: Mapped[str] = mapped_column(default=new_mark)

    @property
    def public_id(self) -> str:
        """The id that receivers see, the same in every attempt."""
        return f"evt_{self.id}_{self.mark}"


class EventEndpoint(Base):
    """Where a service gets its events: at a URL (a webhook), or in its Redis stream."""

    __tablename__ = "event_endpoint"
    __table_args__ = (
        Index(
            "event_endpoint_stream_key", "service_id", unique=True, postgresql_where="url is null"
        ),
        CheckConstraint("(former_salt is null) = (former_until is null)", name="former"),
    )

    id: Mapped[identity]
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), index=True)
    # Null for the stream.
    url: Mapped[str | None]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    # The secret is derived from it, the id and SECRET_KEY; it is not stored.
    salt: Mapped[str] = mapped_column(default=token_hex)
    # That of the secret before, which signs too until this time.
    former_salt: Mapped[str | None]
    former_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]
    # While it cannot be reached, only one delivery tries, at this time; and how often it failed.
    retry_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)

    service: Mapped[Service] = relationship(lazy="joined")

    @property
    def salts(self) -> list[str]:
        """The salts of the secrets that sign, the present one first."""
        if self.former_salt and self.former_until and self.former_until > now():
            return [self.salt, self.former_salt]
        return [self.salt]

    @property
    def is_enabled(self) -> bool:
        """Whether it gets events."""
        return not (self.disabled_at or self.service.disabled_at)


class EventDeliveryState(StrEnum):
    """The progress of an event to one endpoint."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class EventFailure(StrEnum):
    """Why the last attempt failed."""

    UNKNOWN_NAME = "unknown_name"
    FORBIDDEN_ADDRESS = "forbidden_address"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TOOK_TOO_LONG = "took_too_long"
    STATUS = "status"
    GONE = "gone"
    DISABLED = "disabled"


class EventDelivery(WorkItem):
    """One Event to one EventEndpoint, retried for a day; a FAILED one (dead letter) is replayed."""

    __tablename__ = "event_delivery"
    __table_args__ = (
        Index(None, "ring_at", postgresql_where="state = 'pending'"),
        # The order of the events about one thing.
        Index(None, "endpoint_id", "about", "id", postgresql_where="state = 'pending'"),
        Index(None, "endpoint_id", "state"),
        Index(None, "event_id"),
        CheckConstraint("attempts >= 0", name="attempts"),
    )

    moves: ClassVar = {
        None: {EventDeliveryState.PENDING},
        EventDeliveryState.PENDING: {EventDeliveryState.SENT, EventDeliveryState.FAILED},
        EventDeliveryState.FAILED: {EventDeliveryState.PENDING},  # a person replays it
    }

    state: Mapped[EventDeliveryState] = mapped_column(text_enum(EventDeliveryState))
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("event_endpoint.id", ondelete="CASCADE"))
    # What the event is about, such as `message:12`: these are delivered one after the other.
    about: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    give_up_at: Mapped[datetime] = mapped_column(default=lambda: now() + GIVE_UP_AFTER)
    failure: Mapped[EventFailure | None] = mapped_column(text_enum(EventFailure))
    http_status: Mapped[int | None]
    sent_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship()
    endpoint: Mapped[EventEndpoint] = relationship()


def note_event(session: Session, kind: EventKind, about: str, /, **data: Any) -> None:
    """Write an event for the endpoints that want this kind; without one, write nothing."""
    if endpoints := endpoints_for(session, kind):
        add_event(session, kind, about, endpoints, **data)


def add_event(
    session: Session, kind: EventKind, about: str, endpoints: Iterable[int], /, **data: Any
) -> Event:
    """Write an event for these endpoints."""
    new = Event(kind=kind, data=data)
    session.add(new)
    session.add_all(
        EventDelivery(event=new, endpoint_id=endpoint_id, about=about) for endpoint_id in endpoints
    )
    return new


def note_members(session: Session, list_id: int, change: str, user_ids: list[int]) -> None:
    """Write the events of a change of these people's subscriptions to a list."""
    for start in range(0, len(user_ids), PEOPLE_PER_EVENT):
        people = user_ids[start : start + PEOPLE_PER_EVENT]
        facts = {"list_id": list_id, "change": change, "user_ids": people}
        note_event(session, EventKind.SUBSCRIPTION_CHANGED, f"list:{list_id}", **facts)


def endpoints_for(session: Session, kind: EventKind) -> list[int]:
    """Return the ids of the endpoints that want this kind; one query per transaction."""
    known = session.info.get(ENDPOINTS)
    if known is None:
        wanted = (
            select(EventEndpoint.id, EventEndpoint.kinds)
            .join(Service, Service.id == EventEndpoint.service_id)
            .where(EventEndpoint.disabled_at.is_(None), Service.disabled_at.is_(None))
            .order_by(EventEndpoint.id)
        )
        # On the connection, because the session would flush first.
        known = session.info[ENDPOINTS] = session.connection().execute(wanted).all()
    return [endpoint_id for endpoint_id, kinds in known if kind in kinds]


@event.listens_for(Session, "after_begin")
def forget_endpoints(session: Session, _begun: object, _connection: Connection) -> None:
    """Look for endpoints again in each transaction."""
    session.info.pop(ENDPOINTS, None)


@event.listens_for(Session, "after_flush")
def forget_changed_endpoints(session: Session, _flush: object) -> None:
    """Look for endpoints again after one was added or changed."""
    if any(isinstance(row, EventEndpoint) for row in [*session.new, *session.dirty]):
        session.info.pop(ENDPOINTS, None)
