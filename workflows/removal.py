"""Remove a person: from every list, and from our memory but for the name under what they did."""

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from models import (
    Act,
    ApproverList,
    Change,
    Door,
    MailedLink,
    Notification,
    Right,
    Subscription,
    User,
    record,
)
from models.clock import now
from workflows.administrators import never_the_last
from workflows.journal import hold, note_rows
from workflows.mailed_links import void_links
from workflows.people import require


def remove_user(session: Session, user: User, *, by: User | None, via: Door) -> bool:
    """Take the person off every list and approver list, and forget address, phone and roles.

    The row stays: decisions and messages name it.  False if it was done before.  Raises
    LastAdministrator.
    """
    require(by, Right.EDIT_USERS, via)
    hold(session, user)
    if user.removed_at:
        return False
    lists = leave_every_list(session, user, by=by, via=via)
    for approver_list in session.query(ApproverList).where(ApproverList.members.any(id=user.id)):
        approver_list.members.remove(user)
    with never_the_last(session, by=by, via=via):
        user.roles = []
    user.phone = None
    forget_addresses(session, user)
    # The address is free for somebody else; .invalid is nobody's (RFC 2606).
    user.address = f"removed-{user.id}@removed.invalid"
    user.removed_at = now()
    user.disabled_at = user.disabled_at or user.removed_at
    record(session, Act.REMOVED_USER, by=by, via=via, user_id=user.id, lists=lists)
    return True


def forget_addresses(session: Session, user: User) -> None:
    """Void the person's links, and forget the addresses that letters went to."""
    void_links(session, user)
    for kind, column in ((MailedLink, "new_address"), (Notification, "former_address")):
        session.execute(update(kind).where(kind.user_id == user.id).values({column: None}))


def leave_every_list(session: Session, user: User, *, by: User | None, via: Door) -> list[int]:
    """End every subscription of the person; returns the ids of the lists."""
    ended = (
        delete(Subscription)
        .where(Subscription.user_id == user.id)
        .returning(Subscription.list_id, Subscription.user_id)
        .cte("ended")
    )
    return note_rows(session, Change.LEFT, ended, by=by, via=via)
