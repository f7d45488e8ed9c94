"""Add services, say what each may do, and make and revoke its keys."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models import (
    Act,
    Actor,
    ActsFor,
    Invalid,
    Right,
    Scope,
    Service,
    ServiceKey,
    Unknown,
    record,
)
from models.actors import NAMES, UNKNOWN_SENDER
from models.clock import now
from models.names import service_name
from workflows.access import require
from workflows.unique import unique


def add_service(
    session: Session,
    name: str,
    scopes: Collection[Scope],
    *,
    acts_for: ActsFor = ActsFor.EVERYONE,
    actor: Actor,
) -> Service:
    """Add a service; it has no key yet.

    Raises Invalid for its name or without scopes, Trespass without the right to edit users.
    """
    require(actor, Right.EDIT_USERS)
    kept = checked_scopes(scopes)
    with unique(session, partial(free_name, session, name)) as free:
        service = Service(name=free, scopes=kept, acts_for=acts_for)
        session.add(service)
    detail: dict[str, Any] = {"scopes": kept, "acts_for": acts_for.value}
    record(session, Act.ADDED_SERVICE, actor=actor, service=service.name, **detail)
    return service


def set_service(
    session: Session,
    service: Service,
    *,
    scopes: Collection[Scope],
    acts_for: ActsFor,
    actor: Actor,
) -> None:
    """Change what a service may do; its keys can never do more."""
    require(actor, Right.EDIT_USERS)
    lock(session, service)
    kept = checked_scopes(scopes)
    if (service.scopes, service.acts_for) == (kept, acts_for):
        return
    service.scopes, service.acts_for = kept, acts_for
    detail: dict[str, Any] = {"scopes": service.scopes, "acts_for": acts_for.value}
    record(session, Act.EDITED_SERVICE, actor=actor, service=service.name, **detail)


def disable_service(session: Session, service: Service, *, actor: Actor) -> None:
    """Refuse every call of the service from now on; nothing is deleted."""
    require(actor, Right.EDIT_USERS)
    lock(session, service)
    if not service.disabled_at:
        service.disabled_at = now()
        record(session, Act.DISABLED_SERVICE, actor=actor, service=service.name)


def enable_service(session: Session, service: Service, *, actor: Actor) -> None:
    """Undo `disable_service`."""
    require(actor, Right.EDIT_USERS)
    lock(session, service)
    if service.disabled_at:
        service.disabled_at = None
        record(session, Act.ENABLED_SERVICE, actor=actor, service=service.name)


def add_key(
    session: Session,
    service: Service,
    *,
    scopes: Collection[Scope] | None = None,
    lasts: timedelta | None = None,
    actor: Actor,
) -> ServiceKey:
    """Make a key with fewer scopes than the service, or with all of them.

    An earlier key stays valid, so that a service changes keys without a gap.  Raises Invalid for a
    scope that the service lacks.
    """
    require(actor, Right.EDIT_USERS)
    for scope in scopes or []:
        if scope not in service.scopes:
            raise Invalid(
                "The service %(service)s lacks the scope %(scope)s, so its key cannot have it.",
                service=service,
                scope=scope,
            )
    kept = None if scopes is None else checked_scopes(scopes)
    key = ServiceKey(service=service, scopes=kept, expires_at=now() + lasts if lasts else None)
    session.add(key)
    session.flush()
    record(session, Act.MADE_SERVICE_KEY, actor=actor, service=service.name, key=key.id)
    return key


def revoke_key(session: Session, service: Service, key_id: int, *, actor: Actor) -> None:
    """Refuse every call with this key from now on; raise Unknown."""
    require(actor, Right.EDIT_USERS)
    key = next((each for each in service.keys if each.id == key_id), None)
    if key is None:
        raise Unknown(
            "The service %(service)s has no key %(number)d.", service=service, number=key_id
        )
    lock(session, key)
    if not key.revoked_at:
        key.revoked_at = now()
        record(session, Act.REVOKED_SERVICE_KEY, actor=actor, service=service.name, key=key.id)


def lock(session: Session, row: Service | ServiceKey) -> None:
    """Lock the row, so that of two equal acts at once one is recorded."""
    session.flush()  # a refresh would discard unwritten changes
    session.refresh(row, with_for_update={"key_share": True, "of": type(row)})


def service_named(session: Session, name: str) -> Service:
    """Return the service with this name; raise Unknown."""
    named = select(Service).where(Service.name == name.replace("\0", ""))
    service = session.scalar(named)
    if service is None:
        raise Unknown("There is no service %(service)s.", service=name)
    return service


def all_services(session: Session) -> Sequence[Service]:
    """Return the services by name, with their keys."""
    by_name = select(Service).order_by(Service.name).options(selectinload(Service.keys))
    return session.scalars(by_name).all()


def checked_scopes(scopes: Collection[Scope]) -> list[str]:
    """Return the scopes in the order of their definition; raise Invalid if there are none."""
    kept = [scope.value for scope in Scope if scope in scopes]
    if not kept:
        raise Invalid("A service needs at least one scope.")
    return kept


def free_name(session: Session, name: str) -> str:
    """Return the name without spaces around it; raise Invalid if it is invalid or taken."""
    name = service_name(name)
    if name.casefold() in {*NAMES.values(), UNKNOWN_SENDER}:
        raise Invalid("The audit log uses the name %(service)s for others.", service=name)
    if session.scalar(select(Service.id).where(Service.name == name)) is not None:
        raise Invalid("There is already a service %(service)s.", service=name)
    return name
