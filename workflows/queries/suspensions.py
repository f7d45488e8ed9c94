"""Suspended subscriptions of a list and of a person, and the copies of a message that came back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models import Bounce, MailingList, Message, Subscription, User


@dataclass(frozen=True)
class Suspension:
    """Since when a subscription is suspended, and the status of the last bounce that counted."""

    since: datetime
    status: str | None  # RFC 3463; None once the bounces are deleted


def suspended_members(list_id: int) -> Select[User]:
    """Select the people whose subscription to this list is suspended, by user number."""
    return (
        select(User)
        .join(Subscription, Subscription.user_id == User.id)
        .where(Subscription.list_id == list_id, Subscription.suspended_at.is_not(None))
        .order_by(Subscription.user_id)
    )


def suspensions_of(
    session: Session, list_id: int, people: Sequence[User]
) -> Mapping[int, Suspension]:
    """Return the suspensions of these people on this list, by user id."""
    last_status = (
        select(Bounce.status)
        .join(Message, Message.id == Bounce.message_id)
        .where(Bounce.user_id == Subscription.user_id, Message.list_id == list_id, Bounce.hard)
        .order_by(Bounce.at.desc())
        .limit(1)
        .correlate(Subscription)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Subscription.user_id, Subscription.suspended_at, last_status).where(
            Subscription.list_id == list_id,
            Subscription.suspended_at.is_not(None),
            Subscription.user_id.in_([user.id for user in people]),
        )
    )
    return {user_id: Suspension(since, status) for user_id, since, status in rows}


def suspension_counts(session: Session) -> Sequence[tuple[MailingList, int]]:
    """Return the lists that have suspended subscriptions, with their number, by short name."""
    counts = session.execute(
        select(MailingList, func.count())
        .join(Subscription, Subscription.list_id == MailingList.id)
        .where(Subscription.suspended_at.is_not(None))
        .group_by(MailingList.id)
        .order_by(MailingList.short_name)
    )
    return [(mailing_list, count) for mailing_list, count in counts]


def suspended_lists(session: Session, user: User) -> set[int]:
    """Return the ids of the lists on which this person's subscription is suspended."""
    return set(
        session.scalars(
            select(Subscription.list_id).where(
                Subscription.user_id == user.id, Subscription.suspended_at.is_not(None)
            )
        )
    )


def count_returned(session: Session, message: Message) -> int:
    """Return how many copies of the message came back, or were reported as delayed, so far."""
    versions = [one.id for one in message.versions]
    returned = select(func.count()).where(Bounce.message_id.in_(versions))
    return session.scalars(returned).one()
