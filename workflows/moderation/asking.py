"""Who may write to a list and ask for approval there, and how many requests may be open."""

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from models import (
    Actor,
    MailingList,
    Message,
    MessageState,
    Refusal,
    Right,
    Subscription,
    Trespass,
    User,
    WhoMayAsk,
)

# Who has one of these on a list is an author of it.
AUTHORS_RIGHTS = (Right.WRITE_MESSAGES, Right.SEND_MESSAGES)


class MayNotWrite(Trespass):
    """The list takes messages only from its authors, or from its authors and members."""


class TooManyOpenRequests(Refusal):
    """The author has as many open requests as the list allows."""


def require_may_write(session: Session, mailing_list: MailingList, actor: Actor) -> None:
    """Raise MayNotWrite unless the actor may write to the list."""
    if may_write(session, actor.person, mailing_list):
        return
    if mailing_list.who_may_ask is WhoMayAsk.MEMBERS:
        raise MayNotWrite(
            "Only its members and authors may write to the list %(list)s, and %(user)s is neither.",
            list=mailing_list,
            user=actor.person,
            **actor.signature,
            list_id=mailing_list.id,
        )
    raise MayNotWrite(
        "Only its authors may write to the list %(list)s, and %(user)s is not one of them.",
        list=mailing_list,
        user=actor.person,
        **actor.signature,
        list_id=mailing_list.id,
    )


def may_write(session: Session, user: User, mailing_list: MailingList) -> bool:
    """Whether the user may write to the list; `writable_by` is the same rule in SQL."""
    who = mailing_list.who_may_ask
    if who is WhoMayAsk.ACCOUNTS:
        return True
    if any(user.may(right, mailing_list.id) for right in AUTHORS_RIGHTS):
        return True
    return (
        who is WhoMayAsk.MEMBERS
        and session.get(Subscription, {"list_id": mailing_list.id, "user_id": user.id}) is not None
    )


def writable_by(user: User) -> ColumnElement[bool]:
    """SQL: `may_write` of this user, for the lists of a query."""
    subscribed = select(Subscription.list_id).where(Subscription.user_id == user.id)
    return or_(
        MailingList.who_may_ask == WhoMayAsk.ACCOUNTS,
        *(user.may_on(right, MailingList.id) for right in AUTHORS_RIGHTS),
        and_(MailingList.who_may_ask == WhoMayAsk.MEMBERS, MailingList.id.in_(subscribed)),
    )


def require_room(session: Session, message: Message) -> None:
    """Raise TooManyOpenRequests if no further request of this author may be open on this list.

    Administrators of all lists (Right 402) have no limit.
    """
    mailing_list, author = message.mailing_list, message.author
    most = mailing_list.max_open_requests
    if not most or author.may(Right.EDIT_LISTS):
        return
    # Of two that ask at once, the second waits here and then counts the first.
    key = f"listgate.asking.{mailing_list.id}.{author.id}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    waiting = session.scalars(
        select(Message.id)
        .where(
            Message.list_id == mailing_list.id,
            Message.author_id == author.id,
            Message.state == MessageState.IN_MODERATION,
        )
        .order_by(Message.id)
    ).all()
    if len(waiting) >= most:
        raise TooManyOpenRequests(
            "%(user)s may have %(most)d open requests to the list %(list)s, and these messages "
            "already wait for an answer: %(numbers)s. Withdraw one, or wait.",
            user=author,
            most=most,
            list=mailing_list,
            numbers=", ".join(map(str, waiting)),
        )
