"""Keep at least one enabled user with the right to edit users, who can let others in."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Refusal, Right, Role, User

EDITING = Role.rights.contains([Right.EDIT_USERS.value])


class LastAdministrator(Refusal):
    """No user with the right to edit users would be left."""


@contextmanager
def require_administrator_left(session: Session, *, actor: Actor) -> Iterator[None]:
    """Raise LastAdministrator if the changes made inside leave no user who may edit users.

    The local operator may do that, because `listgate user add --admin` needs no right.
    """
    if actor == Actor.operator():
        yield
        return
    # Of two administrators who disable each other at once, the second waits here.
    session.execute(
        select(Role.id).where(EDITING).order_by(Role.id).with_for_update(key_share=True)
    )
    had_one = has_administrator(session)
    yield
    session.flush()
    if had_one and not has_administrator(session):
        raise LastAdministrator("At least one person must be able to edit users.")


def is_last_administrator(session: Session, user: User) -> bool:
    """Whether only this person may edit users; for warnings, because nothing is locked."""
    return user.may(Right.EDIT_USERS) and not has_administrator(session, but=user)


def has_administrator(session: Session, *, but: User | None = None) -> bool:
    """Whether an enabled user may edit users, not counting `but`."""
    able = select(User.id).where(User.able(Right.EDIT_USERS))
    if but is not None:
        able = able.where(User.id != but.id)
    return session.scalar(able.limit(1)) is not None
