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
    SelfService,
    Subscription,
    Trespass,
    User,
    record,
)
from models.clock import now
from workflows.journal import note_change
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
    note(session, Change.JOINED, user=user, mailing_list=mailing_list, by=by, via=via)
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
    note(session, Change.LEFT, user=user, mailing_list=mailing_list, by=by, via=via)
    return True


def require_own_or_right(
    user: User, mailing_list: MailingList, *, by: User | None, via: Door
) -> None:
    """Raise Trespass unless it is the own subscription of an open list or `by` may edit lists."""
    if by is not user:
        require(by, Right.EDIT_LISTS, via, list_id=mailing_list.id)
    elif mailing_list.self_service is SelfService.CLOSED and not user.may(Right.EDIT_LISTS):
        raise Trespass(
            "Only administrators change who is on %(list)s.",
            list=mailing_list,
            by_id=user.id,
            via=via,
            list_id=mailing_list.id,
        )


def note(
    session: Session,
    change: Change,
    *,
    user: User,
    mailing_list: MailingList,
    by: User | None,
    via: Door,
) -> None:
    """Write the change into the journal, and the act into the audit trail."""
    note_change(session, change, user_id=user.id, list_id=mailing_list.id, by=by, via=via)
    record(session, ACTS[change], by=by, via=via, list_id=mailing_list.id, user_id=user.id)


ACTS = {Change.JOINED: Act.SUBSCRIBED, Change.LEFT: Act.UNSUBSCRIBED}
