"""Add, disable and enable users; grant roles and define their rights."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Change,
    Grant,
    Invalid,
    ListSet,
    MailingList,
    Right,
    Role,
    SubscriptionRequest,
    User,
    record,
)
from models.addresses import checked_address
from models.clock import now
from models.names import person_name, role_name
from workflows.access import checked_right, find_user, require, role_named
from workflows.lists.ended_requests import end_requests, open_requests
from workflows.lists.list_sets import lock_list_set
from workflows.people.absences import end_absences_of
from workflows.people.last_administrator import require_administrator_left
from workflows.sync.journal import lock_user, note_everywhere
from workflows.unique import unique

# Where a role is granted; None is everywhere.
Place = MailingList | ListSet | None


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


def grant(session: Session, user: User, role_name: str, *, on: Place = None, actor: Actor) -> Grant:
    """Grant `user` a role everywhere, or on a list or a set of lists, unless they have it there.

    Raises Unknown if there is no such role, or the set is deleted; Invalid if they were removed.
    """
    require(actor, Right.EDIT_USERS)
    role = role_named(session, role_name)
    lock_user(session, user, actor)
    if user.removed_at:
        raise Invalid("%(user)s was removed.", user=user)
    if isinstance(on, ListSet):
        lock_list_set(session, on, shared=True)
    session.refresh(user, ["grants"])
    if there := granted(user, role, on):
        return there
    new = Grant(role=role, **place_ids(on))
    user.grants.append(new)
    session.flush()
    record(
        session,
        Act.GRANTED_ROLE,
        actor=actor,
        user_id=user.id,
        role=role.name,
        **place_detail(new),
    )
    return new


def granted(user: User, role: Role, on: Place) -> Grant | None:
    """Return the user's grant of this role at exactly this place, or None."""
    ids = place_ids(on)
    return next(
        (
            one
            for one in user.grants
            if one.role is role and {"list_id": one.list_id, "list_set_id": one.list_set_id} == ids
        ),
        None,
    )


def place_ids(on: Place) -> dict[str, int | None]:
    """Return the columns of a grant at this place."""
    return {
        "list_id": on.id if isinstance(on, MailingList) else None,
        "list_set_id": on.id if isinstance(on, ListSet) else None,
    }


def place_detail(there: Grant) -> dict[str, Any]:
    """Return where a grant applies, as an audit entry has it; everywhere has nothing."""
    if there.list_id is not None:
        return {"list_id": there.list_id, "on_list": there.list_name}
    return {"on_set": there.set_name} if there.list_set_id is not None else {}


def disable(session: Session, user: User, *, actor: Actor) -> bool:
    """Disable a person, who then can neither act nor receive messages; nothing is deleted.

    Returns False if they are disabled already.  Raises LastAdministrator.
    """
    require(actor, Right.EDIT_USERS)
    lock_user(session, user, actor)
    if user.disabled_at:
        return False
    with require_administrator_left(session, actor=actor):
        user.disabled_at = now()
    end_absences_of(session, user)
    note_everywhere(session, Change.DISABLED, user, actor=actor)
    end_requests(session, open_requests(SubscriptionRequest.user_id == user.id), actor=actor)
    record(session, Act.DISABLED_USER, actor=actor, user_id=user.id)
    return True


def enable(session: Session, user: User, *, actor: Actor) -> bool:
    """Undo `disable`; return False if they are not disabled.

    Raises Invalid if the person was removed.
    """
    require(actor, Right.EDIT_USERS)
    lock_user(session, user, actor)
    if user.removed_at:
        raise Invalid("%(user)s was removed.", user=user)
    if not user.disabled_at:
        return False
    user.disabled_at = None
    note_everywhere(session, Change.ENABLED, user, actor=actor)
    record(session, Act.ENABLED_USER, actor=actor, user_id=user.id)
    return True


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
