"""Read the status of the pushes of each list, and their history."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager

from models import MailingList, Right, SubscriptionChange, Sync, SyncState, User

# Pushes that need a person, shown at most: when all lists fail, the reason is the same.
MAX_STUCK = 20


@dataclass(frozen=True)
class PushStatus:
    """The status of a list's pushes."""

    mailing_list: MailingList
    good: Sync | None  # the last push that succeeded
    unfinished: Sync | None
    unpushed: int  # changes that no push has covered

    @property
    def state(self) -> str:
        """The state of the unfinished push, or of the last good one."""
        newest = self.unfinished or self.good
        return newest.state.value if newest else "never pushed"


def push_statuses(session: Session, mailing_list: MailingList | None = None) -> list[PushStatus]:
    """Return the status of each list, or of this one, ordered by short name."""
    good, unfinished = aliased(Sync), aliased(Sync)
    newest = select(func.max(Sync.id)).where(Sync.state == SyncState.DONE).group_by(Sync.list_id)
    waiting = (
        select(SubscriptionChange.list_id, func.count().label("number"))
        .where(SubscriptionChange.sync_id.is_(None))
        .group_by(SubscriptionChange.list_id)
        .subquery()
    )
    query = (
        select(MailingList, good, unfinished, func.coalesce(waiting.c.number, 0))
        .select_from(MailingList)
        .outerjoin(good, (good.list_id == MailingList.id) & good.id.in_(newest))
        .outerjoin(
            unfinished,
            (unfinished.list_id == MailingList.id) & (unfinished.state != SyncState.DONE),
        )
        .outerjoin(waiting, waiting.c.list_id == MailingList.id)
        .order_by(MailingList.short_name)
    )
    if mailing_list is not None:
        query = query.where(MailingList.id == mailing_list.id)
    return [PushStatus(*row) for row in session.execute(query)]


def stuck_pushes(
    session: Session,
    user: User,
    list_ids: Sequence[int] | None = None,
    *,
    limit: int = MAX_STUCK,
) -> Sequence[Sync]:
    """Return the pushes that are held or keep failing, by list name.

    Those of all lists that the user may edit, or of these among them.  Archived lists are not
    pushed.
    """
    query = (
        select(Sync)
        .join(Sync.mailing_list)
        .options(contains_eager(Sync.mailing_list))
        .where(
            # The partial index of unfinished pushes has this condition.
            Sync.state != SyncState.DONE,
            or_(Sync.state == SyncState.HELD, Sync.failures > 0),
            MailingList.archived_at.is_(None),
            user.may_on(Right.EDIT_LISTS, Sync.list_id),
        )
        .order_by(MailingList.name, MailingList.id)
        .limit(limit)
    )
    if list_ids is not None:
        query = query.where(Sync.list_id.in_(list_ids))
    return session.scalars(query).all()


def last_pushes(session: Session, mailing_list: MailingList, count: int) -> Sequence[Sync]:
    """Return the last pushes of the list, the newest first."""
    return session.scalars(
        select(Sync).where(Sync.list_id == mailing_list.id).order_by(Sync.id.desc()).limit(count)
    ).all()


def has_unpushed_changes(session: Session, list_id: int) -> bool:
    """Whether the list has changes that no push has covered yet."""
    unpushed = select(SubscriptionChange.id).where(
        SubscriptionChange.list_id == list_id, SubscriptionChange.sync_id.is_(None)
    )
    return session.scalar(unpushed.limit(1)) is not None
