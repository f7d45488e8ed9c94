"""A user and the lists: which ones they are on, which they may join, where they approve."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models import ApproverList, MailingList, Subscription, User
from workflows.queries.text_search import LISTS, matches


def search_open_lists(user: User, words: str, *, only_own: bool = False) -> Select[MailingList]:
    """Select the matching lists that are not archived, or those the user is on, by name."""
    lists = select(MailingList).where(MailingList.archived_at.is_(None), matches(words, LISTS))
    if only_own:
        lists = lists.where(MailingList.id.in_(subscribed(user)))
    return lists.order_by(func.lower(MailingList.name), MailingList.id)


def subscribed_among(session: Session, user: User, lists: Sequence[MailingList]) -> set[int]:
    """Return the ids of those of these lists that the user is on."""
    ids = [one.id for one in lists]
    return set(session.scalars(subscribed(user).where(Subscription.list_id.in_(ids))))


def lists_of(session: Session, user: User) -> Sequence[MailingList]:
    """Return the lists that the user is on, by name."""
    return session.scalars(
        select(MailingList).where(MailingList.id.in_(subscribed(user))).order_by(MailingList.name)
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
