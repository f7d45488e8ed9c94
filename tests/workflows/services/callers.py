"""Services for tests, and what they sign."""

from collections.abc import Collection
from typing import Any

from sqlalchemy.orm import Session

from models import Actor, ActsFor, ExternalId, MailingList, Scope, Service, ServiceKey, User
from models.clock import now
from tests.letter_context import KEYS
from workflows.public.caller import Caller
from workflows.services.authenticate import sign
from workflows.services.services import add_key, add_service

OPERATOR = Actor.operator()

# A call as Celery has it: the task's name, its id and its arguments.
CALL: tuple[str, str, dict[str, Any]] = (
    "listgate.subscribe",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    {"user_id": 7, "list": "choir", "idempotency_key": "k"},
)


def a_service(
    session: Session,
    name: str = "crm",
    *,
    scopes: Collection[Scope] = tuple(Scope),
    acts_for: ActsFor = ActsFor.EVERYONE,
) -> Service:
    """A service without a key."""
    return add_service(session, name, scopes, acts_for=acts_for, actor=OPERATOR)


def a_key(session: Session, name: str = "crm", **options: Any) -> ServiceKey:
    """The first key of a new service."""
    return add_key(session, a_service(session, name, **options), actor=OPERATOR)


def a_caller(session: Session, name: str = "crm", **options: Any) -> Caller:
    """A new service that calls."""
    return Caller(a_key(session, name, **options))


def token_of(key: ServiceKey) -> str:
    """The token that its service has."""
    return KEYS.service_token(key.id, key.salt)


def signed(
    key: ServiceKey, call: tuple[str, str, dict[str, Any]] = CALL, *, seconds: float = 0
) -> str:
    """The envelope of a call that the service signed `seconds` from now."""
    return sign(token_of(key), call, at=int(now().timestamp() + seconds))


def give_external_id(
    session: Session,
    caller: Caller,
    key: str,
    *,
    user: User | None = None,
    of: MailingList | None = None,
) -> None:
    """Let the service have a key of its own for a person or a list."""
    session.add(
        ExternalId(
            service_id=caller.service_id,
            key=key,
            user_id=user.id if user else None,
            list_id=of.id if of else None,
        )
    )
    session.flush()
