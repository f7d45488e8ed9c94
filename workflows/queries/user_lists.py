"""A user and the lists: which ones they are on, which they may join, where they approve."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Row, Select, func, null, select
from sqlalchemy.orm import Session

from models import (
    ApproverList,
    MailingList,
    Subscription,
    SubscriptionRequest,
    SubscriptionRequestState,
    User,
)
from workflows.queries.text_search import LISTS, matches


class Membership(NamedTuple):
    """Whether a person is on a list, and since when they ask to join it."""

    is_on: bool
    asked_at: datetime | None


def search_open_lists(user: User, words: str, *, only_own: bool = False) -> Select[MailingList]:
    """Select the matching lists that are not archived, or those the user is on, by name."""
    lists = select(MailingList).where(MailingList.archived_at.is_(None), matches(words, LISTS))
    if only_own:
        lists = lists.where(MailingList.id.in_(subscribed(user)))
    return lists.order_by(func.lower(MailingList.name), MailingList.id)


def memberships_among(
    session: Session, user: User, lists: Sequence[MailingList]
) -> Mapping[int, Membership]:
    """Return the user's part in those of these lists that they are on or ask to join, by id."""
    asking = select(SubscriptionRequest.list_id, SubscriptionRequest.asked_at).where(
        SubscriptionRequest.user_id == user.id,
        SubscriptionRequest.state == SubscriptionRequestState.OPEN,
    )
    joined = select(Subscription.list_id, null()).where(Subscription.user_id == user.id)
    both = joined.union_all(asking).subquery()
    list_id, asked_at = both.c
    rows = session.execute(
        select(list_id, func.count(asked_at) < func.count(), func.max(asked_at))
        .where(list_id.in_([one.id for one in lists]))
        .group_by(list_id)
    )
    return {number: Membership(on, asked) for number, on, asked in rows}


def lists_of(session: Session, user: User) -> Sequence[MailingList]:
    """Return the lists that the user is on, by name."""
    return session.scalars(
        select(MailingList).where(MailingList.id.in_(subscribed(user))).order_by(MailingList.name)
    ).all()


def subscriptions_of(session: Session, user: User) -> Sequence[Row[str, datetime, datetime | None]]:
    """Return the short names of the user's lists, with when each was joined and suspended."""
    return session.execute(
        select(MailingList.short_name, Subscription.since, Subscription.suspended_at)
        .join(Subscription, Subscription.list_id == MailingList.id)
        .where(Subscription.user_id == user.id)
        .order_by(MailingList.short_name)
    ).all()


def lists_asked(session: Session, user: User) -> Sequence[str]:
    """Return the short names of the lists that the user asks to join."""
    return session.scalars(
        select(MailingList.short_name)
        .join(SubscriptionRequest, SubscriptionRequest.list_id == MailingList.id)
        .where(
            SubscriptionRequest.user_id == user.id,
            SubscriptionRequest.state == SubscriptionRequestState.OPEN,
        )
        .order_by(MailingList.short_name)
    ).all()


def approver_lists_of(session: Session, user: User) -> Sequence[ApproverList]:
    """Return the approver lists that the user is on, by name."""
    return session.scalars(approver_lists_with(user)).all()


def approver_lists_with(user: User) -> Select[ApproverList]:
    """Select the approver lists that the user is on, by name."""
    return (
        select(ApproverList)
        .where(ApproverList.members.any(User.id == user.id))
        .order_by(ApproverList.name)
    )


def subscribed(user: User) -> Select[int]:
    """Select the ids of the lists that the user is on."""
    return select(Subscription.list_id).where(Subscription.user_id == user.id)
