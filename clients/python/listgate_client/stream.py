"""Read events from the stream that Listgate keeps for a service in Redis."""

from collections.abc import Iterator
from typing import Any, Protocol

from listgate_client.event import Event


class Streams(Protocol):
    """What is needed of a `redis.Redis`."""

    def xread(self, streams: Any, count: Any = None, block: Any = None) -> Any:
        """Return the entries after a position of each stream."""


def read_events(
    redis: Streams, service: str, *, after: str = "0", wait: float = 5
) -> Iterator[tuple[str, Event]]:
    """Yield the events after a position, each with its own, until none comes for `wait` seconds.

    Store the position together with what was done about the event, and read on after it.
    """
    name = f"listgate:events:{service}"
    while found := redis.xread({name: after}, count=100, block=int(wait * 1000)):
        # A list in RESP2, a dictionary in RESP3.
        ((_, entries),) = found.items() if isinstance(found, dict) else found
        for position, fields in entries if isinstance(found, list) else entries[0]:
            after = text(position)
            named = {text(field): text(value) for field, value in fields.items()}
            yield after, Event.read(named["id"], named["event"])


def text(value: str | bytes) -> str:
    """Return what a client with or without `decode_responses` has read."""
    return value if isinstance(value, str) else value.decode()
