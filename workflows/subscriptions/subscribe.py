"""Join and leave lists; every change goes into the journal."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    delete,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from models import (
    Act,
    Actor,
    Change,
    Invalid,
    MailingList,
    Right,
    SelfService,
    Subscription,
    Trespass,
    Unknown,
    User,
    record,
)
from models.clock import now
from workflows.access import require, require_open
from workflows.sync.journal import note_change, note_rows, noting

# Of those who cannot be put on a list, so many are named.
SHOWN = 10


def joining(list_id: Any, at: Any, who: ColumnElement[bool]) -> ReturningInsert[int, int]:
    """Put these people on the list, but nobody who is removed, or if it is archived, meanwhile.

    In the order of ids, as an import does it, or two who do it at once could wait for each other.
    """
    return (
        insert(Subscription)
        .from_select(
            ["list_id", "user_id", "since"],
            select(MailingList.id, User.id, at)
            .join(User, who)
            .where(MailingList.id == list_id, MailingList.archived_at.is_(None))
            .where(User.removed_at.is_(None))
            .order_by(User.id)
            # Locks that foreign keys take anyway: a thousand members may join at once.  They wait
            # for whoever holds a person or the list, and then look again.
            .with_for_update(read=True, key_share=True),
        )
        .on_conflict_do_nothing()
        .returning(Subscription.list_id, Subscription.user_id)
    )


# One statement each, so that of two who do it at once one learns that it was done; built once,
# because that takes as long as carrying it out.
JOIN = noting(
    joining(
        bindparam("list_id", type_=BigInteger),
        bindparam("at", type_=Subscription.__table__.c.since.type),
        User.id == bindparam("user_id"),
    ),
    Change.JOINED,
    Act.SUBSCRIBED,
)
LEAVE = noting(
    delete(Subscription)
    .where(
        Subscription.list_id == bindparam("list_id"), Subscription.user_id == bindparam("user_id")
    )
    .returning(Subscription.list_id, Subscription.user_id),
    Change.LEFT,
    Act.UNSUBSCRIBED,
)


def subscribe(session: Session, user: User, mailing_list: MailingList, *, actor: Actor) -> bool:
    """Put `user` on the list; False if they are on it already.

    Raises Archived, Invalid for somebody who was removed, Trespass.
    """
    require_own_or_right(user, mailing_list, actor)
    require_there(user)
    if note_change(session, JOIN, user=user, mailing_list=mailing_list, actor=actor):
        return True
    # They are on it, or the list or they have gone since this session read them.
    require_open(session, mailing_list)
    session.refresh(user, ["removed_at"])
    require_there(user)
    return False


def require_there(user: User) -> None:
    """Raise Invalid for somebody who was removed."""
    if user.removed_at:
        raise Invalid("%(user)s was removed.", user=user)


def subscribe_all(
    session: Session, mailing_list: MailingList, user_ids: Collection[int], *, actor: Actor
) -> int:
    """Put all these people on the list, however many; returns how many were not on it before.

    Raises Unknown, and puts nobody on it, if one of them is not there or was removed.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    wanted = select(func.unnest(literal(list(user_ids), ARRAY(BigInteger))))
    require_all(session, wanted)
    joined = joining(literal(mailing_list.id), literal(now()), User.id.in_(wanted)).cte("joined")
    number = note_rows(session, Change.JOINED, joined, actor=actor).get(mailing_list.id, 0)
    if not number:
        require_open(session, mailing_list)
    record(session, Act.IMPORTED, actor=actor, list_id=mailing_list.id, joined=number)
    return number


def require_all(session: Session, wanted: Select[int]) -> None:
    """Raise Unknown, with their numbers, for those who are not there or were removed."""
    there = select(User.id).where(User.removed_at.is_(None))
    missing = session.scalars(wanted.except_(there).order_by(text("1")).limit(SHOWN + 1)).all()
    if missing:
        numbers = ", ".join(map(str, missing[:SHOWN]))
        if len(missing) > SHOWN:
            raise Unknown("Not among the users: %(numbers)s and others.", numbers=numbers)
        raise Unknown("Not among the users: %(numbers)s.", numbers=numbers)


def unsubscribe(session: Session, user: User, mailing_list: MailingList, *, actor: Actor) -> bool:
    """Take `user` off the list; False if they are not on it."""
    require_own_or_right(user, mailing_list, actor)
    return note_change(session, LEAVE, user=user, mailing_list=mailing_list, actor=actor)


def leave_every_list(session: Session, user: User, *, actor: Actor) -> list[int]:
    """End every subscription of the person; returns the ids of the lists."""
    ended = (
        delete(Subscription)
        .where(Subscription.user_id == user.id)
        .returning(Subscription.list_id, Subscription.user_id)
        .cte("ended")
    )
    return sorted(note_rows(session, Change.LEFT, ended, actor=actor))


def require_own_or_right(user: User, mailing_list: MailingList, actor: Actor) -> None:
    """Raise Trespass unless it is their own, of an open list, or the actor may edit lists."""
    if actor.user is not user:
        require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    elif mailing_list.self_service is SelfService.CLOSED and not user.may(Right.EDIT_LISTS):
        raise Trespass(
            "Only administrators change who is on %(list)s.",
            list=mailing_list,
            **actor.signature,
            list_id=mailing_list.id,
        )
