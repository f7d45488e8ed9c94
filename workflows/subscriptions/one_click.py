"""Unsubscribe by the token in a copy: by its link (RFC 8058), or by a mail to its address."""

from sqlalchemy.orm import Session

from models import Actor, Door, Subscription
from workflows.subscriptions.subscribe import unsubscribe
from workflows.subscriptions.tokens import TokenOwner


def is_subscribed(session: Session, owner: TokenOwner) -> bool:
    """Return whether the person is on the list."""
    return session.get(Subscription, (owner.mailing_list.id, owner.user.id)) is not None


def unsubscribe_by_token(session: Session, owner: TokenOwner) -> bool:
    """Unsubscribe the person; return False if they are not subscribed.

    Raise Trespass if the list has been closed since the copy was sent: only administrators may
    remove its members.
    """
    actor = Actor(owner.user, Door.UNSUBSCRIBE)
    return unsubscribe(session, owner.user, owner.mailing_list, actor=actor)
