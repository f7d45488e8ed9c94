"""Create, rename and delete roles; revoke roles, and set all roles of a user."""

from collections.abc import Iterable
from functools import partial

from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Grant,
    Invalid,
    Refusal,
    Right,
    Role,
    Unknown,
    User,
    record,
)
from workflows.access import require, role_named
from workflows.people.last_administrator import require_administrator_left
from workflows.people.users import (
    Place,
    define_role,
    free_role_name,
    grant,
    granted,
    place_detail,
)
from workflows.sync.journal import lock_user
from workflows.unique import unique


class RoleInUse(Refusal):
    """A user has the role."""


def create_role(session: Session, name: str, rights: Iterable[int], *, actor: Actor) -> Role:
    """Create a role with these rights; raises Invalid if the name is taken."""
    require(actor, Right.EDIT_USERS)
    return define_role(session, free_role_name(session, name), rights, actor=actor)


def rename_role(session: Session, role: Role, name: str, *, actor: Actor) -> None:
    """Rename the role; raises Invalid if the name is taken, Unknown if the role is deleted."""
    require(actor, Right.EDIT_USERS)
    lock_role(session, role, shared=True)
    if name.strip() == role.name:
        return
    before = role.name
    with unique(session, partial(free_role_name, session, name)) as free:
        role.name = free
    record(session, Act.RENAMED_ROLE, actor=actor, before=before, role=role.name)


def delete_role(session: Session, role: Role, *, actor: Actor) -> None:
    """Delete the role; raises RoleInUse if a user has it, Unknown if it is deleted."""
    require(actor, Right.EDIT_USERS)
    # So that the role cannot be granted meanwhile.
    lock_role(session, role)
    if is_in_use(session, role):
        raise RoleInUse("Someone has the role %(role)s; take it from them first.", role=role.name)
    session.delete(role)
    record(session, Act.DELETED_ROLE, actor=actor, role=role.name)


def lock_role(session: Session, role: Role, *, shared: bool = False) -> None:
    """Lock the role; `shared` only against deletion.  Raises Unknown if it is deleted."""
    session.flush()  # a refresh would discard unwritten changes
    weak, name = {"read": True, "key_share": True}, role.name
    try:
        session.refresh(role, with_for_update=weak if shared else True)
    except InvalidRequestError:
        raise Unknown("There is no role %(role)r.", role=name) from None


def is_in_use(session: Session, role: Role) -> bool:
    """Whether anyone has the role."""
    grants = select(Grant.id).where(Grant.role_id == role.id)
    return session.scalar(grants.limit(1)) is not None


def revoke(session: Session, user: User, role_name: str, *, on: Place = None, actor: Actor) -> bool:
    """Revoke a role that `user` has everywhere, or on this list or set of lists.

    Returns False if they do not have it there; what they have elsewhere stays.  Raises
    LastAdministrator.
    """
    require(actor, Right.EDIT_USERS)
    role = role_named(session, role_name)
    lock_grants(session, user, actor)
    there = granted(user, role, on)
    if there is not None:
        end_grant(session, user, there, actor=actor)
    return there is not None


def revoke_grant(session: Session, user: User, grant_id: int, *, actor: Actor) -> None:
    """Revoke one grant of `user`; raises Unknown if they do not have it, LastAdministrator."""
    require(actor, Right.EDIT_USERS)
    lock_grants(session, user, actor)
    there = next((one for one in user.grants if one.id == grant_id), None)
    if there is None:
        raise Unknown("%(user)s does not have this role there.", user=user)
    end_grant(session, user, there, actor=actor)


def lock_grants(session: Session, user: User, actor: Actor) -> None:
    """Lock the user and read their grants, so that of two who revoke one, the second sees it."""
    lock_user(session, user, actor)
    session.refresh(user, ["grants"])


def end_grant(session: Session, user: User, there: Grant, *, actor: Actor) -> None:
    """Delete a grant of the locked user, unless it is the last administrator's."""
    detail = place_detail(there)
    with require_administrator_left(session, actor=actor):
        user.grants.remove(there)
    record(session, Act.REVOKED_ROLE, actor=actor, user_id=user.id, role=there.role.name, **detail)


def set_roles(session: Session, user: User, names: Iterable[str], *, actor: Actor) -> None:
    """Give `user` exactly these roles everywhere; those on single lists stay.

    Raises Unknown, and Invalid if they were removed.
    """
    require(actor, Right.EDIT_USERS)
    lock_user(session, user, actor)
    if user.removed_at:
        raise Invalid("%(user)s was removed.", user=user)
    wanted, had = set(names), {role.name for role in user.roles}
    # Grant first: the user must not lose the right to edit users in between.
    for name in sorted(wanted - had):
        grant(session, user, name, actor=actor)
    for name in sorted(had - wanted):
        revoke(session, user, name, actor=actor)
