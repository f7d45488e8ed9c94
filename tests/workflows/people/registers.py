"""Registers for tests: services, their feeds, and what came of them."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, ActsFor, Door, ExternalId, Scope, Service, User
from workflows.people import register_sync
from workflows.people.register_sync import RegisterReport
from workflows.services.services import add_service

HEADER = "external_id,address,name,language\n"


def a_service(session: Session, name: str = "crm", acts_for: ActsFor = ActsFor.EVERYONE) -> Service:
    """Add a service that may bring people."""
    return add_service(session, name, [Scope.PEOPLE], acts_for=acts_for, actor=Actor.operator())


def acting_alone(service: Service) -> Actor:
    """Return the service as who acts."""
    return Actor(None, Door.SERVICE, service)


def sync(
    session: Session,
    service: Service,
    lines: Iterable[str],
    *,
    confirm: bool = False,
    skip_refused: bool = False,
) -> RegisterReport:
    """Bring the service's people in step with these lines."""
    actor = acting_alone(service)
    feed = [HEADER, *(f"{line}\n" for line in lines)]
    report = register_sync.read_register(session, service, feed, actor=actor)
    register_sync.require_applicable(
        report, max_shrink=30, confirm=confirm, skip_refused=skip_refused
    )
    register_sync.apply_register(session, service, report, actor=actor)
    return report


def of_service(session: Session, service: Service) -> dict[str, User]:
    """Return the people of the service by its own keys."""
    rows = (
        select(ExternalId.key, User)
        .join(User, User.id == ExternalId.user_id)
        .where(ExternalId.service_id == service.id)
        .order_by(ExternalId.key)
    )
    return dict(session.execute(rows).all())
