"""The digest: the requests that it names in place of letters, each with its link."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased, object_session

from models import LetterName, Notification
from notifications.letters.about import approver_keys_of, message_of, request_closed
from notifications.letters.context import LetterContext
from notifications.letters.keys import hashed

Variables = Mapping[str, Any]


def digest_variables(notification: Notification, context: LetterContext) -> Variables:
    """Return the requests that the digest names; store the hashes of their links."""
    return {
        "requests": [digest_entry(one, context) for one in digested(notification)],
        "page": f"{context.public_url}/requests",
        "approver": True,
    }


def digest_entry(replaced: Notification, context: LetterContext) -> Variables:
    """Return what the digest says about one request."""
    message, keys = message_of(replaced), approver_keys_of(replaced)
    keys.link_hash = hashed(context.keys.link_token(keys.id))
    return {
        "subject": message.subject,
        "author": message.author.name,
        "list": message.mailing_list.short_name,
        "list_name": message.mailing_list.name,
        "link": context.link(keys.id),
    }


def digested(digest: Notification) -> Sequence[Notification]:
    """Return the replaced letters about requests to answer of which no letter has left since."""
    session = object_session(digest)
    assert session is not None
    later = aliased(Notification)
    had_letter = exists().where(
        later.request_id == Notification.request_id,
        later.user_id == Notification.user_id,
        later.channel == Notification.channel,
        later.letter.in_([LetterName.MODERATE, LetterName.REMINDER]),
        later.sent_at > Notification.due_at,
    )
    replaced = session.scalars(
        select(Notification)
        .where(Notification.digest_id == digest.detail.get("instead_of", digest.id), ~had_letter)
        .order_by(Notification.id)
    )
    by_request = {one.request_id: one for one in replaced if not request_closed(one)}
    return list(by_request.values())
