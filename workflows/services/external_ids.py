"""A service's own keys for people and lists."""

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from models import Act, Actor, ExternalId, Invalid, MailingList, Right, Service, User, record
from workflows.access import require
from workflows.lists.lists import lock_settings
from workflows.subscriptions.subscribe import require_not_removed
from workflows.sync.journal import lock_user
from workflows.unique import unique


def name_person(session: Session, service: Service, user: User, key: str, *, actor: Actor) -> bool:
    """Give the person the service's key, in place of an earlier one; return False if they have it.

    Raises Invalid if the person was removed, or another one has the key.
    """
    require(actor, Right.EDIT_USERS)
    lock_user(session, user, actor)
    require_not_removed(user)
    own = of_person(session, service, user)
    if own is not None and own.key == key:
        return False
    with unique(session, partial(free_for_person, session, service, key)) as free:
        named = own or ExternalId(service_id=service.id, user_id=user.id)
        named.key = free
        session.add(named)
    record(session, Act.NAMED_USER, actor=actor, user_id=user.id, service=service.name)
    return True


def name_list(
    session: Session, service: Service, mailing_list: MailingList, key: str, *, actor: Actor
) -> bool:
    """Give the list the service's key, in place of an earlier one; return False if it has it.

    Raises Invalid if another list has the key.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    lock_settings(session, mailing_list)
    own = session.scalar(
        select(ExternalId).where(
            ExternalId.service_id == service.id, ExternalId.list_id == mailing_list.id
        )
    )
    if own is not None and own.key == key:
        return False
    with unique(session, partial(free_for_list, session, service, key)) as free:
        named = own or ExternalId(service_id=service.id, list_id=mailing_list.id)
        named.key = free
        session.add(named)
    record(session, Act.NAMED_LIST, actor=actor, list_id=mailing_list.id, service=service.name)
    return True


def of_person(session: Session, service: Service, user: User) -> ExternalId | None:
    """Return the row of the service's key for the person as it is now, or None."""
    named = select(ExternalId).where(
        ExternalId.service_id == service.id, ExternalId.user_id == user.id
    )
    return session.scalar(named.execution_options(populate_existing=True))


def people_with(session: Session, service_id: int | None, keys: Sequence[str]) -> Mapping[str, int]:
    """Return the ids of the people who have these keys of the service, by key."""
    named = select(ExternalId.key, ExternalId.user_id).where(
        ExternalId.service_id == service_id,
        ExternalId.user_id.is_not(None),
        ExternalId.key.in_(select(func.unnest(literal(list(keys), ARRAY(Text))))),
    )
    return {key: user_id for key, user_id in session.execute(named) if user_id is not None}


def free_for_person(session: Session, service: Service, key: str) -> str:
    """Return the key; raise Invalid if the service has given it to a person."""
    if key in people_with(session, service.id, [key]):
        raise Invalid(
            "The service %(service)s has given this key to another person.", service=service
        )
    return key


def free_for_list(session: Session, service: Service, key: str) -> str:
    """Return the key; raise Invalid if the service has given it to a list."""
    taken = select(ExternalId.id).where(
        ExternalId.service_id == service.id, ExternalId.key == key, ExternalId.list_id.is_not(None)
    )
    if session.scalar(taken) is not None:
        raise Invalid(
            "The service %(service)s has given this key to another list.", service=service
        )
    return key
