"""Say where a service gets its events, look at what failed, and replay it."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from secrets import token_hex
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    EventDelivery,
    EventDeliveryState,
    EventEndpoint,
    EventKind,
    Invalid,
    Right,
    Service,
    Unknown,
    record,
)
from models.clock import now
from models.events import GIVE_UP_AFTER, add_event
from workflows.access import require

MAX_URL: Final = 2000

# In this time a service exchanges its secret.
FORMER_SIGNS_FOR: Final = timedelta(days=1)


def add_endpoint(
    session: Session,
    service: Service,
    url: str | None,
    *,
    kinds: Collection[EventKind],
    allow_private: bool = False,
    actor: Actor,
) -> EventEndpoint:
    """Let a service get these kinds of events at a URL; without one, in its Redis stream.

    Raises Invalid for the URL, without kinds, or for a second stream.
    """
    require(actor, Right.EDIT_USERS)
    if not kinds:
        raise Invalid("A webhook needs at least one kind of event.")
    if url is None:
        require_no_stream(session, service)
    else:
        require_url(url, allow_private=allow_private)
    chosen = [kind.value for kind in EventKind if kind in kinds]
    endpoint = EventEndpoint(service=service, url=url, kinds=chosen)
    session.add(endpoint)
    session.flush()
    note(session, Act.ADDED_WEBHOOK, endpoint, actor=actor)
    return endpoint


def require_no_stream(session: Session, service: Service) -> None:
    """Raise Invalid if the service has a stream."""
    streams = select(EventEndpoint.id).where(
        EventEndpoint.service_id == service.id, EventEndpoint.url.is_(None)
    )
    if session.scalar(streams) is not None:
        raise Invalid("The service %(service)s has a stream already.", service=service)


def require_url(url: str, *, allow_private: bool) -> None:
    """Raise Invalid unless this is the URL of a webhook."""
    schemes = {"https", "http"} if allow_private else {"https"}
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and parts.hostname and parts.port != 0
    except ValueError:
        good = False
        parts = urlsplit("")
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= MAX_URL
    if not (good and plain) or parts.username is not None or parts.fragment:
        raise Invalid(
            "The address of a webhook begins with https:// and has no user, no password and no #."
        )


def disable_endpoint(session: Session, endpoint: EventEndpoint, *, actor: Actor) -> None:
    """Write no more events for the endpoint; those that wait become dead letters."""
    require(actor, Right.EDIT_USERS)
    if not endpoint.disabled_at:
        endpoint.disabled_at = now()
        note(session, Act.DISABLED_WEBHOOK, endpoint, actor=actor)


def enable_endpoint(session: Session, endpoint: EventEndpoint, *, actor: Actor) -> None:
    """Undo `disable_endpoint`; what happened meanwhile was not written, and is not delivered."""
    require(actor, Right.EDIT_USERS)
    if endpoint.disabled_at:
        endpoint.disabled_at = endpoint.retry_at = None
        endpoint.failures = 0
        note(session, Act.ENABLED_WEBHOOK, endpoint, actor=actor)


def rotate_secret(
    session: Session, endpoint: EventEndpoint, *, at_once: bool = False, actor: Actor
) -> None:
    """Give the endpoint a new secret; for a day, unless `at_once`, the former one signs too."""
    require(actor, Right.EDIT_USERS)
    endpoint.former_salt = None if at_once else endpoint.salt
    endpoint.former_until = None if at_once else now() + FORMER_SIGNS_FOR
    endpoint.salt = token_hex()
    note(session, Act.ROTATED_WEBHOOK, endpoint, actor=actor)


def remove_endpoint(session: Session, endpoint: EventEndpoint, *, actor: Actor) -> None:
    """Delete the endpoint with its deliveries."""
    require(actor, Right.EDIT_USERS)
    note(session, Act.REMOVED_WEBHOOK, endpoint, actor=actor)
    session.delete(endpoint)
    session.flush()


def test_endpoint(session: Session, endpoint: EventEndpoint, *, actor: Actor) -> EventDelivery:
    """Write an event about nothing, for this endpoint alone."""
    require(actor, Right.EDIT_USERS)
    event = add_event(
        session, EventKind.WEBHOOK_TEST, f"webhook:{endpoint.id}", [endpoint.id], list_id=None
    )
    session.flush()
    return session.scalars(select(EventDelivery).where(EventDelivery.event_id == event.id)).one()


def replay(session: Session, endpoint: EventEndpoint, *, actor: Actor) -> int:
    """Deliver the endpoint's dead letters again; return how many there are."""
    require(actor, Right.EDIT_USERS)
    dead = select(EventDelivery.id).where(
        EventDelivery.endpoint_id == endpoint.id,
        EventDelivery.state == EventDeliveryState.FAILED,
    )
    ids = EventDelivery.move_all(
        session,
        dead,
        EventDeliveryState.PENDING,
        attempts=0,
        give_up_at=now() + GIVE_UP_AFTER,
        due_at=now(),
        # The sweep publishes them, a limited number at a time.
        publish_after=now(),
        publications=0,
    )
    if ids:
        note(session, Act.REPLAYED_EVENTS, endpoint, actor=actor, events=len(ids))
    return len(ids)


def endpoint_by_id(session: Session, endpoint_id: int) -> EventEndpoint:
    """Return the endpoint with this number; raise Unknown."""
    endpoint = session.get(EventEndpoint, endpoint_id)
    if endpoint is None:
        raise Unknown("There is no webhook %(number)d.", number=endpoint_id)
    return endpoint


def all_endpoints(session: Session) -> Sequence[EventEndpoint]:
    """Return the endpoints in the order in which they were added."""
    return session.scalars(select(EventEndpoint).order_by(EventEndpoint.id)).all()


def counts(session: Session) -> dict[tuple[int, EventDeliveryState], int]:
    """Return the number of deliveries by endpoint and state."""
    found = session.execute(
        select(EventDelivery.endpoint_id, EventDelivery.state, func.count()).group_by(
            EventDelivery.endpoint_id, EventDelivery.state
        )
    )
    return {(endpoint_id, state): count for endpoint_id, state, count in found}


def dead_letters(
    session: Session, endpoint: EventEndpoint, *, limit: int
) -> Sequence[EventDelivery]:
    """Return the newest deliveries that have failed for good."""
    return session.scalars(
        select(EventDelivery)
        .where(
            EventDelivery.endpoint_id == endpoint.id,
            EventDelivery.state == EventDeliveryState.FAILED,
        )
        .order_by(EventDelivery.id.desc())
        .limit(limit)
    ).all()


def note(
    session: Session, act: Act, endpoint: EventEndpoint, *, actor: Actor, **detail: int
) -> None:
    """Write the act into the audit log."""
    service = endpoint.service.name
    record(session, act, actor=actor, service=service, webhook=endpoint.id, **detail)
