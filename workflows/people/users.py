"""Add, disable and enable users; grant roles and define their rights."""

from collections.abc import Iterable
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Change,
    Invalid,
    Right,
    Role,
    User,
    record,
)
from models.addresses import checked_address
from models.clock import now
from models.names import person_name, role_name
from workflows.access import checked_right, find_user, require, role_named
from workflows.people.last_administrator import require_administrator_left
from workflows.sync.journal import lock_user, note_everywhere
from workflows.unique import unique


def add_user(
    session: Session, address: str, name: str, *, roles: Iterable[str] = (), actor: Actor
) -> User:
    """Add a person with the named roles.

    Raises Invalid if the address is invalid or taken, Unknown for a role, Trespass without the
    right to edit users.
    """
    require(actor, Right.EDIT_USERS)
    names = list(roles)
    granted = [role_named(session, role) for role in names]
    with unique(session, partial(free_address, session, address)) as free:
        user = User(address=free, name=person_name(name), roles=granted)
        session.add(user)
    record(session, Act.ADDED_USER, actor=actor, user_id=user.id, roles=names)
    return user


def free_address(session: Session, address: str) -> str:
    """Return the normalized address; raises Invalid if it is invalid or a user's."""
    checked = checked_address(address)
    if find_user(session, checked):
        raise Invalid("There is already a user with this address.")
    return checked


def grant(session: Session, user: User, role_name: str, *, actor: Actor) -> None:
    """Grant `user` a role, unless they have it."""
    require(actor, Right.EDIT_USERS)
    role = role_named(session, role_name)
    lock_user(session, user, actor)
    session.refresh(user, ["roles"])
    if role not in user.roles:
        user.roles.append(role)
        record(session, Act.GRANTED_ROLE, actor=actor, user_id=user.id, role=role.name)


def disable(session: Session, user: User, *, actor: Actor) -> None:
    """Disable a person, who then can neither act nor receive messages; nothing is deleted.

    Raises LastAdministrator.
    """
    require(actor, Right.EDIT_USERS)
    lock_user(session, user, actor)
    if not user.disabled_at:
        with require_administrator_left(session, actor=actor):
            user.disabled_at = now()
        note_everywhere(session, Change.DISABLED, user, actor=actor)
        record(session, Act.DISABLED_USER, actor=actor, user_id=user.id)


def enable(session: Session, user: User, *, actor: Actor) -> None:
    """Undo `disable`; raises Invalid if the person was removed."""
    require(actor, Right.EDIT_USERS)
    lock_user(session, user, actor)
    if user.removed_at:
        raise Invalid("%(user)s was removed.", user=user)
    if user.disabled_at:
        user.disabled_at = None
        note_everywhere(session, Change.ENABLED, user, actor=actor)
        record(session, Act.ENABLED_USER, actor=actor, user_id=user.id)


def define_role(session: Session, name: str, rights: Iterable[int], *, actor: Actor) -> Role:
    """Create the role of this name, or set the rights of the existing one.

    Raises LastAdministrator.
    """
    require(actor, Right.EDIT_USERS)
    known = sorted({checked_right(number) for number in rights})
    name = role_name(name)
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        with unique(session, partial(free_role_name, session, name)) as free:
            role = Role(name=free, rights=known)
            session.add(role)
    with require_administrator_left(session, actor=actor):
        role.rights = known
    record(session, Act.EDITED_ROLE, actor=actor, role=name, rights=known)
    return role


def free_role_name(session: Session, name: str) -> str:
    """Return the name without spaces around it; raises Invalid if it is invalid or a role's."""
    name = role_name(name)
    if session.scalar(select(Role.id).where(Role.name == name)) is not None:
        raise Invalid("There is already a role %(role)s.", role=name)
    return name
