"""One effect per idempotency key: a repeated call gets the first answer again."""

from collections.abc import Callable
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import IdempotentCall, Invalid, Refusal
from workflows.public.call import IdempotencyKey
from workflows.services.authenticate import hash_of

KEY: TypeAdapter[str] = TypeAdapter(IdempotencyKey, config=ConfigDict(strict=True))


class KeyReused(Refusal):
    """The idempotency key was used before with another call."""


def once(
    session: Session,
    task: str,
    given: dict[str, Any],
    act: Callable[[], dict[str, Any]],
    *,
    service_id: int | None = None,
) -> dict[str, Any]:
    """Run `act` once per service and idempotency key, then return its result.

    Of two at once, the second waits for the key until the first has committed.  Raises KeyReused
    if the key was used with another call, Invalid if there is none.
    """
    key, fingerprint = key_of(given), fingerprint_of(given)
    first = session.scalar(
        insert(IdempotentCall)
        .values(key=key, task=task, fingerprint=fingerprint, service_id=service_id)
        .on_conflict_do_nothing()
        .returning(IdempotentCall)
    )
    if first is not None:
        answer = act()
        first.result = answer
        return answer
    earlier = session.scalars(
        select(IdempotentCall).where(
            IdempotentCall.key == key,
            IdempotentCall.service_id.is_not_distinct_from(service_id),
        )
    ).one()
    if (earlier.task, earlier.fingerprint) != (task, fingerprint):
        raise KeyReused("This idempotency key has already been used for another call.")
    assert earlier.result is not None, "a call and its result are committed together"
    return earlier.result


def key_of(given: dict[str, Any]) -> str:
    """Return the idempotency key; raise Invalid if it is missing or wrong."""
    try:
        return KEY.validate_python(given.get("idempotency_key"))
    except ValidationError:
        raise Invalid(
            "idempotency_key: a string of 1 to 200 characters is required (nothing was done)"
        ) from None


def fingerprint_of(given: dict[str, Any]) -> str:
    """Return the SHA-256 of the other arguments.

    Without None, so that a field that is added later changes no call that is repeated.
    """
    others = {
        name: value
        for name, value in given.items()
        if name != "idempotency_key" and value is not None
    }
    return hash_of(others)
