"""The letters: what each tells, about which message, with what attached."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models import LetterName, Notification, RequestState
from notifications.outgoing import outgoing


@dataclass(frozen=True)
class Letter:
    """One kind of letter; its words are in templates/<name>/."""

    name: LetterName
    # What its templates may say besides `shared`.
    facts: Callable[[Notification], dict[str, Any]] = lambda _: {}
    # The mail that it carries as an attachment (RFC 5322 bytes), if any.
    attachment: Callable[[Notification], bytes | None] = lambda _: None
    # Whether events have overtaken it, so that it had better not be sent.
    moot: Callable[[Notification], bool] = lambda _: False


def shared(notification: Notification) -> dict[str, Any]:
    """What every letter may say."""
    message = notification.message
    return {
        "recipient": notification.user.name,
        "author": message.author.name,
        "list": message.mailing_list.short_name,
        "list_name": message.mailing_list.name,
        "subject": message.subject,
        "message_id": message.id,
        "send_at": message.send_at,
    }


def question(notification: Notification) -> dict[str, Any]:
    """What an approver needs to answer."""
    return {"request_id": notification.request_id}


def answer(notification: Notification) -> dict[str, Any]:
    """Who decided, and why."""
    assert notification.request is not None
    assert notification.request.decision is not None
    decision = notification.request.decision
    return {"approver": decision.approver.name, "comment": decision.comment}


def pointless(notification: Notification) -> bool:
    """Whether an answer to this letter could no longer count."""
    request, message = notification.request, notification.message
    if request is None or request.state is not RequestState.OPEN:
        return True
    return notification.user not in message.mailing_list.approvers_for(message.author)


LETTERS = {
    letter.name: letter
    for letter in (
        Letter(
            LetterName.MODERATE,
            facts=question,
            attachment=lambda notification: outgoing(notification.message),
            moot=pointless,
        ),
        Letter(
            LetterName.REJECTED,
            facts=answer,
            attachment=lambda notification: notification.message.raw,
        ),
        Letter(
            LetterName.RETURNED,
            attachment=lambda notification: notification.message.raw,
        ),
    )
}
