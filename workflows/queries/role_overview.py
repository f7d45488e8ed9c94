"""All roles, and how many people have each."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Role
from models.people import user_role


def all_roles(session: Session) -> Sequence[Role]:
    """Return every role, by name."""
    return session.scalars(select(Role).order_by(Role.name)).all()


def role_sizes(session: Session) -> Mapping[int, int]:
    """Count the people with each role, by its id; a role that nobody has is missing."""
    counts = select(user_role.c.role_id, func.count()).group_by(user_role.c.role_id)
    return dict(session.execute(counts).all())
