"""Claim check: a private value is stored in Redis, and the task carries only its id.

The queues show the id and nothing else (docs/decisions/0010-claim-check.md).
"""

from uuid import UUID

from models import Refusal
from settings import settings
from workflows.redis_client import redis_client

# A mail as base64 in JSON, or a register of a million people.
LONGEST = max(2 * settings.message_max_bytes, 200_000_000)  # bytes


class NoParcel(Refusal):
    """No value is stored under this key, or it is too long or not UTF-8."""


def content(parcel: UUID) -> str:
    """Return the value; it is not deleted, so that a repeated call finds it again.

    Raises NoParcel, which never quotes the value.
    """
    found = redis_client.getrange(place(parcel), 0, LONGEST)
    assert isinstance(found, bytes), "our client does not decode by itself"
    if not found:
        raise NoParcel("These data are unknown or have expired: send them again.")
    if len(found) > LONGEST:  # cut off, a register would lack people
        raise NoParcel("The data may have at most %(most)d bytes.", most=LONGEST)
    try:
        return found.decode()
    except UnicodeDecodeError:
        raise NoParcel("The data are not UTF-8 text: send them again.") from None


def place(parcel: UUID) -> str:
    """Return the Redis key of a claim check."""
    return f"listgate:parcel:{parcel}"
