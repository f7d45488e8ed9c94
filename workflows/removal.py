"""Remove a person: from every list, and from our memory but for the name under what they did."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from models import Act, ApproverList, Change, Door, Right, Subscription, User, record
from models.clock import now
from workflows.journal import hold, note_rows
from workflows.people import require


def remove_user(session: Session, user: User, *, by: User | None, via: Door) -> bool:
    """Take the person off every list and approver list, and forget address, phone and roles.

    The row stays: decisions and messages name it.  False if it was done before.
    """
    require(by, Right.EDIT_USERS, via)
    hold(session, user)
    if user.removed_at:
        return False
    lists = leave_every_list(session, user, by=by, via=via)
    for approver_list in session.query(ApproverList).where(ApproverList.members.any(id=user.id)):
        approver_list.members.remove(user)
    user.roles = []
    user.phone = None
    # The address is free for somebody else; .invalid is nobody's (RFC 2606).
    user.address = f"removed-{user.id}@removed.invalid"
    user.removed_at = now()
    user.disabled_at = user.disabled_at or user.removed_at
    record(session, Act.REMOVED_USER, by=by, via=via, user_id=user.id, lists=lists)
    return True


def leave_every_list(session: Session, user: User, *, by: User | None, via: Door) -> list[int]:
    """End every subscription of the person; returns the ids of the lists."""
    ended = (
        delete(Subscription)
        .where(Subscription.user_id == user.id)
        .returning(Subscription.list_id, Subscription.user_id)
        .cte("ended")
    )
    return sorted(note_rows(session, Change.LEFT, ended, by=by, via=via))
