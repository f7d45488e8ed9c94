"""Suspend a subscription whose copies come back, and resume it when its address works again.

Hard bounces count by day: mail to a server that refuses everyone for an afternoon comes back, too.
Soft bounces never suspend: a full mailbox or a slow server says nothing about the address.  A
success is not counted, because a copy that did not come back need not have arrived.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Date, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Bounce,
    Change,
    EventKind,
    LetterName,
    MailingList,
    Message,
    Notification,
    NotificationState,
    Right,
    Subscription,
    SubscriptionChange,
    User,
    ask_for_push,
    note_event,
    note_members,
    record,
)
from models.clock import now
from models.services import acting_service
from workflows.access import require
from workflows.notify import notify_administrators

# How long a bounce counts: a monthly newsletter has three issues in this time.
COUNTED_FOR: Final = timedelta(days=90)

# One letter to administrators covers what is suspended within this time: a single sendout may
# suspend many subscriptions.
LETTER_DELAY: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Returned:
    """What a report says of a copy."""

    status: str  # RFC 3463
    is_hard: bool


def count_bounce(
    session: Session, user: User, message: Message, returned: Returned, *, limit: int
) -> bool:
    """Note that the person's copy came back; return False if that is known or does not matter.

    The subscription is suspended after hard bounces of different messages on `limit` different
    days; with 0, never.
    """
    # The lock: two reports that are handled at once would each miss the other.
    subscription = lock_subscription(session, user, message.mailing_list)
    if subscription is None or not note_bounce(session, user, message, returned):
        return False
    note_event(
        session,
        EventKind.PERSON_BOUNCED,
        f"person:{user.id}",
        user_id=user.id,
        message_id=message.id,
        list_id=message.list_id,
        hard=returned.is_hard,
        status=returned.status,
    )
    counts = returned.is_hard and limit > 0 and subscription.suspended_at is None
    if counts and hard_days(session, subscription) >= limit:
        suspend(session, subscription, user, message.mailing_list)
    return True


def note_bounce(session: Session, user: User, message: Message, returned: Returned) -> bool:
    """Insert the bounce, or make a soft one hard; return False if neither was needed."""
    columns = {"hard": returned.is_hard, "status": returned.status, "at": now()}
    new = insert(Bounce).values(user_id=user.id, message_id=message.id, **columns)
    noted = session.execute(
        new.on_conflict_do_update(
            index_elements=[Bounce.message_id, Bounce.user_id],
            set_=columns,
            where=new.excluded.hard & ~Bounce.hard,
        ).returning(Bounce.user_id)
    )
    return noted.first() is not None


def hard_days(session: Session, subscription: Subscription) -> int:
    """Return on how many days copies of this subscription have come back for good."""
    since = max(now() - COUNTED_FOR, subscription.since)
    if subscription.bounces_count_from:
        since = max(since, subscription.bounces_count_from)
    day = cast(func.timezone("UTC", Bounce.at), Date)
    counted = (
        select(func.count(day.distinct()))
        .join(Message, Message.id == Bounce.message_id)
        .where(
            Bounce.user_id == subscription.user_id,
            Message.list_id == subscription.list_id,
            Bounce.hard,
            Bounce.at > since,
        )
    )
    return session.scalars(counted).one()


def suspend(
    session: Session, subscription: Subscription, user: User, mailing_list: MailingList
) -> None:
    """Suspend a subscription, and notify those who may edit lists."""
    subscription.suspended_at = now()
    note(session, Change.SUSPENDED, user, mailing_list, actor=Actor.system())
    if not letter_waits(session, mailing_list):
        notify_administrators(
            session,
            LetterName.SUSPENDED,
            of=Right.EDIT_LISTS,
            on=mailing_list,
            due_at=now() + LETTER_DELAY,
            list=mailing_list.short_name,
            list_name=mailing_list.name,
            list_id=mailing_list.id,
        )


def letter_waits(session: Session, mailing_list: MailingList) -> bool:
    """Return whether a letter about this list's suspensions has yet to be sent."""
    waiting = select(Notification.id).where(
        Notification.state == NotificationState.PENDING,
        Notification.letter == LetterName.SUSPENDED,
        Notification.detail["list_id"].as_integer() == mailing_list.id,
    )
    return session.scalar(waiting.limit(1)) is not None


def resume(session: Session, user: User, mailing_list: MailingList, *, actor: Actor) -> bool:
    """End a suspension and forget its bounces; return False if there is none.

    Raise Trespass for another person's without the right to edit lists.
    """
    if actor.user is not user:
        require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    subscription = lock_subscription(session, user, mailing_list)
    if subscription is None or subscription.suspended_at is None:
        return False
    subscription.suspended_at = None
    subscription.bounces_count_from = now()
    note(session, Change.RESUMED, user, mailing_list, actor=actor)
    return True


def resume_at_new_address(session: Session, user: User, *, actor: Actor) -> None:
    """Forget the bounces of the former address, and end the suspensions that they caused."""
    suspended = select(MailingList).where(
        MailingList.id.in_(
            select(Subscription.list_id).where(
                Subscription.user_id == user.id, Subscription.suspended_at.is_not(None)
            )
        )
    )
    for mailing_list in session.scalars(suspended.order_by(MailingList.id)).all():
        note(session, Change.RESUMED, user, mailing_list, actor=actor)
    session.execute(
        update(Subscription)
        .where(Subscription.user_id == user.id)
        .values(suspended_at=None, bounces_count_from=now())
    )


def forget_old_bounces(session: Session) -> None:
    """Delete the bounces that no longer count."""
    session.execute(delete(Bounce).where(Bounce.at < now() - COUNTED_FOR))


def lock_subscription(
    session: Session, user: User, mailing_list: MailingList
) -> Subscription | None:
    """Return the subscription as it is now, locked until the commit, or None.

    The person is locked first, as the journal's foreign key does, and in the order in which a
    change of address locks both.
    """
    session.refresh(user, with_for_update={"read": True, "key_share": True})
    return session.scalar(
        select(Subscription)
        .filter_by(list_id=mailing_list.id, user_id=user.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def note(
    session: Session, change: Change, user: User, mailing_list: MailingList, *, actor: Actor
) -> None:
    """Write the change into the journal and the audit log, and ask for a push of the list."""
    session.add(
        SubscriptionChange(
            list_id=mailing_list.id,
            user_id=user.id,
            change=change,
            service=acting_service(session),
            **actor.signature,
        )
    )
    act = Act.SUSPENDED if change is Change.SUSPENDED else Act.RESUMED
    record(session, act, actor=actor, list_id=mailing_list.id, user_id=user.id)
    note_members(session, mailing_list.id, change, [user.id])
    ask_for_push(session, [mailing_list.id])
