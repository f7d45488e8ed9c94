"""The members of a list, in pages that cost the same at the end of a long list as at its start."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models import Subscription, User
from workflows.queries.text_search import PEOPLE, matches


def members_after(
    session: Session, list_id: int, words: str, *, after: int, limit: int
) -> Sequence[Row[User, datetime]]:
    """Return matching members whose id is above `after`, with when they joined, by id."""
    # Not by page number: PostgreSQL would have to read the rows that are skipped.
    members = (
        select(User, Subscription.since)
        .join(Subscription, Subscription.user_id == User.id)
        .where(
            Subscription.list_id == list_id, Subscription.user_id > after, matches(words, PEOPLE)
        )
    )
    return session.execute(members.order_by(Subscription.user_id).limit(limit)).all()
