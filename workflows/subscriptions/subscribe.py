"""Subscribe people to lists and unsubscribe them; the journal notes every change."""

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
    SubscriptionRequest,
    SubscriptionRequestState,
    Trespass,
    Unknown,
    User,
    record,
)
from models.clock import now
from workflows.access import require, require_open
from workflows.sync.journal import journaled, note_change, note_rows

# Unknown ids listed in an error, at most.
SHOWN_IDS = 10


def joining(list_id: Any, at: Any, who: ColumnElement[bool]) -> ReturningInsert[int, int]:
    """Return the statement that subscribes these people, unless they are removed or it is archived.

    Rows are locked in the order of ids, so that two transactions that do it at once cannot
    deadlock.
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
            # The weakest row locks, which foreign keys take anyway, so a thousand members may join
            # at once.  They wait for a removal or an archiving, and then check the row again.
            .with_for_update(read=True, key_share=True),
        )
        .on_conflict_do_nothing()
        .returning(Subscription.list_id, Subscription.user_id)
    )


# One statement each, so that of two transactions that do the same at once, one learns that it was
# done.  Built once, because building takes as long as executing.
JOIN = journaled(
    joining(
        bindparam("list_id", type_=BigInteger),
        bindparam("at", type_=Subscription.__table__.c.since.type),
        User.id == bindparam("user_id"),
    ),
    Change.JOINED,
    Act.SUBSCRIBED,
)
LEAVE = journaled(
    delete(Subscription)
    .where(
        Subscription.list_id == bindparam("list_id"),
        # The lock that the journal's foreign key takes, but before that on the subscription: in
        # this order a removal takes its locks, too.
        Subscription.user_id
        == select(User.id)
        .where(User.id == bindparam("user_id"))
        .with_for_update(read=True, key_share=True)
        .scalar_subquery(),
    )
    .returning(Subscription.list_id, Subscription.user_id),
    Change.LEFT,
    Act.UNSUBSCRIBED,
)


def subscribe(session: Session, user: User, mailing_list: MailingList, *, actor: Actor) -> bool:
    """Subscribe `user` to the list; return False if they are subscribed already.

    Raises Archived, Invalid if the user was removed, Trespass.
    """
    require_own_or_right(user, mailing_list, actor)
    if must_ask(user, mailing_list, actor):
        raise Trespass(
            "The owners of the list %(list)s decide who joins: please ask to join it.",
            list=mailing_list,
            **actor.signature,
            list_id=mailing_list.id,
        )
    require_not_removed(user)
    joined = note_change(
        session, Change.JOINED, JOIN, user=user, mailing_list=mailing_list, actor=actor
    )
    if joined:
        accept_subscribed(session, mailing_list, actor=actor)
        return True
    # They are subscribed, or the list was archived or they were removed since this session read
    # the rows.
    require_open(session, mailing_list)
    session.refresh(user, ["removed_at"])
    require_not_removed(user)
    return False


def unsubscribe(session: Session, user: User, mailing_list: MailingList, *, actor: Actor) -> bool:
    """Unsubscribe `user` from the list; return False if they are not subscribed."""
    require_own_or_right(user, mailing_list, actor)
    return leave(session, user, mailing_list, actor=actor)


def leave(session: Session, user: User, mailing_list: MailingList, *, actor: Actor) -> bool:
    """Do the same without asking whether the actor may."""
    return note_change(
        session, Change.LEFT, LEAVE, user=user, mailing_list=mailing_list, actor=actor
    )


def subscribe_all(
    session: Session, mailing_list: MailingList, user_ids: Collection[int], *, actor: Actor
) -> int:
    """Subscribe all these people, however many; return how many were not subscribed before.

    Raises Unknown, and subscribes no one, if one of them does not exist or was removed.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    wanted = select(func.unnest(literal(list(user_ids), ARRAY(BigInteger))))
    require_all_exist(session, wanted)
    joined = subscribe_ids(session, mailing_list, wanted, actor=actor)
    if not joined:
        require_open(session, mailing_list)
    record(session, Act.IMPORTED, actor=actor, list_id=mailing_list.id, joined=joined)
    return joined


def subscribe_ids(
    session: Session, mailing_list: MailingList, ids: Select[int], *, actor: Actor
) -> int:
    """Subscribe the users with these ids in one statement; return how many it subscribed.

    It skips those who are subscribed, were removed or do not exist, and an archived list.
    """
    subscribed = (
        select(Subscription.user_id)
        .where(Subscription.list_id == mailing_list.id, Subscription.user_id == User.id)
        .correlate(User)
    )
    who = User.id.in_(ids) & ~subscribed.exists()
    joined = joining(literal(mailing_list.id), literal(now()), who).cte("joined")
    counts = note_rows(session, Change.JOINED, joined, actor=actor)
    accept_subscribed(session, mailing_list, actor=actor)
    return counts.get(mailing_list.id, 0)


def accept_subscribed(session: Session, mailing_list: MailingList, *, actor: Actor) -> None:
    """Accept the open requests of people who have been subscribed without an answer to them."""
    if mailing_list.self_service is not SelfService.ON_REQUEST:
        return
    subscribed = select(Subscription.user_id).where(Subscription.list_id == mailing_list.id)
    requests = select(SubscriptionRequest.id).where(
        SubscriptionRequest.list_id == mailing_list.id,
        SubscriptionRequest.state == SubscriptionRequestState.OPEN,
        SubscriptionRequest.user_id.in_(subscribed),
    )
    SubscriptionRequest.move_all(
        session,
        requests,
        SubscriptionRequestState.ACCEPTED,
        decided_at=now(),
        decided_by_id=actor.signature["by_id"],
        via=actor.door,
    )


def leave_every_list(session: Session, user: User, *, actor: Actor) -> list[int]:
    """Delete every subscription of the person; return the ids of the lists."""
    ended = (
        delete(Subscription)
        .where(Subscription.user_id == user.id)
        .returning(Subscription.list_id, Subscription.user_id)
        .cte("ended")
    )
    return sorted(note_rows(session, Change.LEFT, ended, actor=actor))


def must_ask(user: User, mailing_list: MailingList, actor: Actor) -> bool:
    """Whether the actor joins the list only if its owners accept."""
    if mailing_list.self_service is not SelfService.ON_REQUEST or actor.user is not user:
        return False
    return not user.may(Right.EDIT_LISTS, mailing_list.id)


def require_own_or_right(user: User, mailing_list: MailingList, actor: Actor) -> None:
    """Raise Trespass unless the actor may edit lists, or is `user` and the list is not closed."""
    if actor.user is not user:
        require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    elif mailing_list.self_service is SelfService.CLOSED and not user.may(
        Right.EDIT_LISTS, mailing_list.id
    ):
        raise Trespass(
            "Only administrators can change who is on %(list)s.",
            list=mailing_list,
            **actor.signature,
            list_id=mailing_list.id,
        )


def require_not_removed(user: User) -> None:
    """Raise Invalid if the user was removed."""
    if user.removed_at:
        raise Invalid("%(user)s was removed.", user=user)


def require_all_exist(session: Session, wanted: Select[int]) -> None:
    """Raise Unknown, with the ids, if some of these users do not exist or were removed."""
    existing = select(User.id).where(User.removed_at.is_(None))
    missing = session.scalars(
        wanted.except_(existing).order_by(text("1")).limit(SHOWN_IDS + 1)
    ).all()
    if missing:
        numbers = ", ".join(map(str, missing[:SHOWN_IDS]))
        if len(missing) > SHOWN_IDS:
            raise Unknown("Unknown users: %(numbers)s and others.", numbers=numbers)
        raise Unknown("Unknown users: %(numbers)s.", numbers=numbers)
