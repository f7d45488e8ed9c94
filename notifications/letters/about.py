"""What a letter is about: its message, its request, and the keys of its recipient."""

from models import ApproverKeys, Message, ModerationRequest, Notification, RequestState


def request_closed(notification: Notification) -> bool:
    """Tell whether the recipient can no longer answer the request."""
    request = request_of(notification)
    return request.state is not RequestState.OPEN or notification.user not in request.approvers()


def message_of(notification: Notification) -> Message:
    """Return the message that the letter is about."""
    assert notification.message is not None
    return notification.message


def request_of(notification: Notification) -> ModerationRequest:
    """Return the request that the letter is about."""
    assert notification.request is not None
    return notification.request


def approver_keys_of(notification: Notification) -> ApproverKeys:
    """Return the recipient's keys to the request; only an approver gets such a letter."""
    keys = request_of(notification).approver_keys
    return next(one for one in keys if one.user_id == notification.user_id)
