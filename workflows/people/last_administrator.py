"""Somebody must be left who may edit users: without one, nobody could be let in any more."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Refusal, Right, Role, User

EDITING = Role.rights.contains([Right.EDIT_USERS.value])


class LastAdministrator(Refusal):
    """Without this person, or this role, nobody could edit users."""


@contextmanager
def never_the_last(session: Session, *, actor: Actor) -> Iterator[None]:
    """Raise LastAdministrator if what is done inside leaves nobody who may edit users.

    The operator at the machine may do it: `listgate user add --admin` needs nobody's right.
    """
    if actor == Actor.operator():
        yield
        return
    # Of two administrators who disable each other at once, the second waits here, and sees.
    session.execute(
        select(Role.id).where(EDITING).order_by(Role.id).with_for_update(key_share=True)
    )
    there_was_one = anybody(session)
    yield
    session.flush()
    if there_was_one and not anybody(session):
        raise LastAdministrator("Nobody would be left who may edit users.")


def is_the_last(session: Session, user: User) -> bool:
    """Whether nobody but this person may edit users; to warn, not to decide."""
    return user.may(Right.EDIT_USERS) and not anybody(session, but=user)


def anybody(session: Session, *, but: User | None = None) -> bool:
    """Whether there is a person who may edit users, perhaps one besides `but`."""
    able = select(User.id).where(User.disabled_at.is_(None), User.roles.any(EDITING))
    if but is not None:
        able = able.where(User.id != but.id)
    return session.scalar(able.limit(1)) is not None
