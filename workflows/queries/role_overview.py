"""All roles, and how many people have each."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Grant, Role


def all_roles(session: Session) -> Sequence[Role]:
    """Return every role, by name."""
    return session.scalars(select(Role).order_by(Role.name)).all()


def role_sizes(session: Session) -> Mapping[int, int]:
    """Count the people with each role anywhere, by its id; a role that nobody has is missing."""
    people = func.count(Grant.user_id.distinct())
    counts = select(Grant.role_id, people).group_by(Grant.role_id)
    return dict(session.execute(counts).all())
