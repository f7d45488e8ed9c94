"""The variables of letters about subscriptions and requests to join, and when they are moot."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import object_session

from models import (
    Notification,
    Right,
    Subscription,
    SubscriptionRequest,
    SubscriptionRequestState,
)
from notifications.letters.context import LetterContext

Variables = Mapping[str, Any]


def suspended_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return how many subscriptions to the list are suspended now, and where they are shown."""
    page = context.suspensions_page(notification.detail["list_id"])
    return {"suspended": suspended_now(notification), "page": page}


def subscription_request_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return who asks to join which list, and where an owner answers."""
    request = subscription_request_of(notification)
    return {
        **subscription_variables(request),
        "person": request.user.name,
        "address": request.user.address,
        "page": context.subscription_requests_page(request.list_id),
    }


def subscription_answer_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return how the request ended: the answer with its comment, or that there was none."""
    request = subscription_request_of(notification)
    return {
        **subscription_variables(request),
        "state": request.state.value,
        "comment": request.comment,
        "page": context.my_lists_page,
    }


def subscription_variables(request: SubscriptionRequest) -> Variables:
    """Describe the list that a person asks to join."""
    return {"list": request.mailing_list.short_name, "list_name": request.mailing_list.name}


def subscription_request_closed(notification: Notification) -> bool:
    """Tell whether the recipient can no longer answer the request to join."""
    request = subscription_request_of(notification)
    is_open = request.state is SubscriptionRequestState.OPEN
    return not (is_open and notification.user.may(Right.EDIT_LISTS, request.list_id))


def none_suspended(notification: Notification) -> bool:
    """Tell whether all subscriptions to the list have been resumed."""
    return suspended_now(notification) == 0


def suspended_now(notification: Notification) -> int:
    """Return how many subscriptions to the letter's list are suspended."""
    session = object_session(notification)
    assert session is not None
    suspended = select(func.count()).where(
        Subscription.list_id == notification.detail["list_id"],
        Subscription.suspended_at.is_not(None),
    )
    return session.scalars(suspended).one()


def subscription_request_of(notification: Notification) -> SubscriptionRequest:
    """Return the request to join that the letter is about."""
    session = object_session(notification)
    assert session is not None
    return session.get_one(SubscriptionRequest, notification.detail["subscription_request_id"])
