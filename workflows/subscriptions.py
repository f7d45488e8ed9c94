"""Join and leave lists; every change goes into the journal."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import (
    Act,
    Change,
    Door,
    MailingList,
    Right,
    Subscription,
    SubscriptionChange,
    User,
    record,
)
from models.clock import now
from workflows.people import require


def subscribe(
    session: Session, user: User, mailing_list: MailingList, *, by: User | None, via: Door
) -> bool:
    """Put `user` on the list; False if they are on it already."""
    require_own_or_right(user, mailing_list, by=by, via=via)
    # One statement, so that of two who do it at once one learns that it was done.
    joined = session.scalar(
        insert(Subscription)
        .values(list_id=mailing_list.id, user_id=user.id, since=now())
        .on_conflict_do_nothing()
        .returning(Subscription.user_id)
    )
    if joined is None:
        return False
    note(
        session, Act.SUBSCRIBED, Change.JOINED, user=user, mailing_list=mailing_list, by=by, via=via
    )
    return True


def unsubscribe(
    session: Session, user: User, mailing_list: MailingList, *, by: User | None, via: Door
) -> bool:
    """Take `user` off the list; False if they are not on it."""
    require_own_or_right(user, mailing_list, by=by, via=via)
    left = session.scalar(
        delete(Subscription)
        .where(Subscription.list_id == mailing_list.id, Subscription.user_id == user.id)
        .returning(Subscription.user_id)
    )
    if left is None:
        return False
    note(
        session, Act.UNSUBSCRIBED, Change.LEFT, user=user, mailing_list=mailing_list, by=by, via=via
    )
    return True


def require_own_or_right(
    user: User, mailing_list: MailingList, *, by: User | None, via: Door
) -> None:
    """Raise Trespass unless it is the own subscription or `by` may edit lists."""
    if by is not user:
        require(by, Right.EDIT_LISTS, via, list_id=mailing_list.id)


def note(
    session: Session,
    act: Act,
    change: Change,
    *,
    user: User,
    mailing_list: MailingList,
    by: User | None,
    via: Door,
) -> None:
    """Write the change into the journal, and the act into the audit trail."""
    session.add(
        SubscriptionChange(
            list_id=mailing_list.id,
            user_id=user.id,
            change=change,
            by_id=by.id if by else None,
            via=via,
        )
    )
    record(session, act, by=by, via=via, list_id=mailing_list.id, user_id=user.id)
