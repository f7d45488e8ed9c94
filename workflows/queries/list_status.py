"""How many members a list has, and how many requests about it wait for an answer."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    MailingList,
    Message,
    ModerationRequest,
    RequestState,
    Subscription,
    SubscriptionRequest,
    SubscriptionRequestState,
)


def count_members(session: Session, mailing_list: MailingList) -> int:
    """Return how many people are on the list, the disabled and suspended ones included."""
    members = select(func.count()).where(Subscription.list_id == mailing_list.id)
    return session.scalars(members).one()


def count_open_requests(session: Session, mailing_list: MailingList) -> int:
    """Return how many messages to the list wait for an answer of its approvers."""
    requests = (
        select(func.count())
        .join(Message, Message.id == ModerationRequest.message_id)
        .where(Message.list_id == mailing_list.id, ModerationRequest.state == RequestState.OPEN)
    )
    return session.scalars(requests.select_from(ModerationRequest)).one()


def count_asking(session: Session, mailing_list: MailingList) -> int:
    """Return how many people wait to join the list."""
    asking = select(func.count()).where(
        SubscriptionRequest.list_id == mailing_list.id,
        SubscriptionRequest.state == SubscriptionRequestState.OPEN,
    )
    return session.scalars(asking).one()
