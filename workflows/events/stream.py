"""Redis streams of events, for services that use the same broker."""

from dataclasses import dataclass
from typing import Final

import redis

from models import EventFailure
from workflows.events.addresses import NotDelivered

# Entries that a stream keeps, about: a service that reads nothing must not fill the broker.
MAX_ENTRIES: Final = 100_000


def stream_name(service: str) -> str:
    """Return the key of a service's stream."""
    return f"listgate:events:{service}"


@dataclass(frozen=True)
class Stream:
    """Adds events to the services' streams."""

    client: redis.Redis

    def add(self, service: str, event_id: str, body: bytes) -> None:
        """Add an event to the stream of a service; raise NotDelivered."""
        name = stream_name(service)
        try:
            self.client.xadd(
                name, {"id": event_id, "event": body}, maxlen=MAX_ENTRIES, approximate=True
            )
        except redis.RedisError:
            raise NotDelivered(EventFailure.UNREACHABLE) from None
