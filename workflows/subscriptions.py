"""Join and leave lists; every change goes into the journal."""

from sqlalchemy import bindparam, delete
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
from workflows.journal import note_change, noting
from workflows.people import require

# One statement each, so that of two who do it at once one learns that it was done; built once,
# because that takes as long as carrying it out.
JOIN = noting(
    insert(Subscription)
    .values(list_id=bindparam("list_id"), user_id=bindparam("user_id"), since=bindparam("at"))
    .on_conflict_do_nothing()
    .returning(Subscription.list_id, Subscription.user_id)
)
LEAVE = noting(
    delete(Subscription)
    .where(
        Subscription.list_id == bindparam("list_id"), Subscription.user_id == bindparam("user_id")
    )
    .returning(Subscription.list_id, Subscription.user_id)
)
STATEMENTS = {Change.JOINED: JOIN, Change.LEFT: LEAVE}
ACTS = {Change.JOINED: Act.SUBSCRIBED, Change.LEFT: Act.UNSUBSCRIBED}


def subscribe(
    session: Session, user: User, mailing_list: MailingList, *, by: User | None, via: Door
) -> bool:
    """Put `user` on the list; False if they are on it already."""
    return changed(session, Change.JOINED, user=user, mailing_list=mailing_list, by=by, via=via)


def unsubscribe(
    session: Session, user: User, mailing_list: MailingList, *, by: User | None, via: Door
) -> bool:
    """Take `user` off the list; False if they are not on it."""
    return changed(session, Change.LEFT, user=user, mailing_list=mailing_list, by=by, via=via)


def require_own_or_right(
    user: User, mailing_list: MailingList, *, by: User | None, via: Door
) -> None:
    """Raise Trespass unless it is the own subscription of an open list or `by` may edit lists."""
    if by is not user:
        require(by, Right.EDIT_LISTS, via, list_id=mailing_list.id)
    elif mailing_list.self_service is SelfService.CLOSED and not user.may(Right.EDIT_LISTS):
        raise Trespass(
            f"Only administrators change who is on {mailing_list}.",
            by_id=user.id,
            via=via,
            list_id=mailing_list.id,
        )


def changed(
    session: Session,
    change: Change,
    *,
    user: User,
    mailing_list: MailingList,
    by: User | None,
    via: Door,
) -> bool:
    """Change a subscription, the journal and the audit trail, or nothing if it is so already."""
    require_own_or_right(user, mailing_list, by=by, via=via)
    who = {"list_id": mailing_list.id, "user_id": user.id}
    if not note_change(session, STATEMENTS[change], change, **who, by=by, via=via):
        return False
    record(session, ACTS[change], by=by, via=via, list_id=mailing_list.id, user_id=user.id)
    return True
