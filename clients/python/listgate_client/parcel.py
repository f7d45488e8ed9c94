"""Claim check: private arguments are stored in Redis, and the task carries the id of the parcel."""

import json
from collections.abc import Mapping
from hashlib import sha256
from hmac import digest
from typing import Any
from uuid import UUID

from listgate_client.operation import Operation

KEPT_FOR = 24 * 60 * 60  # seconds


def split(
    operation: Operation[Any], arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], str | None]:
    """Return the public arguments, and the parcel of the private ones if there are any."""
    private = {name: arguments[name] for name in operation.private if name in arguments}
    public = {name: value for name, value in arguments.items() if name not in private}
    if not private:
        return public, None
    if operation.text:
        (text,) = private.values()
        return public, str(text)
    return public, json.dumps(private)


def parcel_id(token: str, idempotency_key: str, content: str) -> str:
    """Return the parcel's id; others cannot guess it, and a call that is repeated has it again.

    With another id, Listgate would take the repeated call for another call, and refuse it.
    """
    named = f"{idempotency_key}\n{sha256(content.encode()).hexdigest()}"
    return str(UUID(bytes=digest(token.encode(), named.encode(), "sha256")[:16]))
