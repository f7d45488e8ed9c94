"""Parcels: what has no business in a queue is left in Redis, and the queue carries its number.

Whoever watches the queues reads the number, and nothing else (docs/decisions/0010-claim-check.md).
"""

from uuid import UUID

from models import Refusal
from workflows.redis_client import memory

# No address is longer (RFC 5321, 4.5.3.1); an international one takes up to four bytes a character.
LONGEST = 4 * 320  # bytes


class NoParcel(Refusal):
    """There is no parcel of this number, or it is no text."""


def content(parcel: UUID) -> str:
    """What is in the parcel; it stays there, so that a call that is repeated finds it again.

    Raises NoParcel; it never says what was in it.
    """
    found = memory.getrange(place(parcel), 0, LONGEST)
    assert isinstance(found, bytes), "our client does not decode by itself"
    if not found:
        raise NoParcel("There is no such parcel, or its time is over: send it again.")
    try:
        return found.decode()
    except UnicodeDecodeError:
        raise NoParcel("The parcel is no text in UTF-8: send it again.") from None


def place(parcel: UUID) -> str:
    """Where a parcel lies."""
    return f"listgate:parcel:{parcel}"
