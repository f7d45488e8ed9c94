"""End requests to join that get no answer: their list, their person or their time is over."""

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    LetterName,
    SubscriptionRequest,
    SubscriptionRequestState,
    record,
)
from models.lifecycle import is_one_of
from workflows.notify import notify


def open_requests(*where: ColumnElement[bool]) -> Select[int]:
    """Select the ids of the open requests that meet these conditions."""
    is_open = SubscriptionRequest.state == SubscriptionRequestState.OPEN
    return select(SubscriptionRequest.id).where(is_open, *where)


def end_requests(
    session: Session,
    ids: Select[int],
    to: SubscriptionRequestState = SubscriptionRequestState.WITHDRAWN,
    *,
    actor: Actor,
) -> int:
    """Withdraw or expire these requests if they are still open; return how many were.

    Each person is notified, except who acts and who is disabled.
    """
    ended = SubscriptionRequest.move_all(session, ids, to)
    requests = select(SubscriptionRequest).where(is_one_of(SubscriptionRequest.id, ended))
    for request in session.scalars(requests.order_by(SubscriptionRequest.id)) if ended else ():
        record(
            session,
            Act.ENDED_JOIN_REQUEST,
            actor=actor,
            list_id=request.list_id,
            user_id=request.user_id,
            state=to.value,
        )
        if request.user is not actor.user:
            notify_person(session, request)
    return len(ended)


def notify_person(session: Session, request: SubscriptionRequest) -> None:
    """Send the letter about how a request ended to the person who asked."""
    letter = LetterName.SUBSCRIPTION_ANSWER
    notify(session, [request.user], letter, subscription_request_id=request.id)
