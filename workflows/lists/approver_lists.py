"""Add and remove approvers, find the lists that use an approver list, and delete one."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    ApproverList,
    Invalid,
    MailingList,
    Right,
    Unknown,
    User,
    record,
)
from workflows.access import require
from workflows.lists.archive import StillInUse
from workflows.lists.lists import approver_list_detail, lock_members, set_approvers


def add_approver(
    session: Session, approver_list: ApproverList, user: User, *, actor: Actor
) -> bool:
    """Add an approver; return False if they are one.  Raises Invalid if they are disabled."""
    require(actor, Right.EDIT_APPROVER_LISTS)
    # So that they are not removed meanwhile.
    session.refresh(user, with_for_update={"read": True, "key_share": True})
    if user.disabled_at:
        raise Invalid("%(user)s is disabled and cannot answer.", user=user)
    members = lock_members(session, approver_list)
    if user in members:
        return False
    set_approvers(session, approver_list, [*members, user], actor=actor)
    return True


def remove_approver(
    session: Session, approver_list: ApproverList, user: User, *, actor: Actor
) -> bool:
    """Remove an approver; return False if they are not one."""
    require(actor, Right.EDIT_APPROVER_LISTS)
    members = lock_members(session, approver_list)
    if user not in members:
        return False
    others = [member for member in members if member is not user]
    set_approvers(session, approver_list, others, actor=actor)
    return True


def delete_approver_list(session: Session, approver_list: ApproverList, *, actor: Actor) -> None:
    """Delete the approver list; raises StillInUse if a mailing list uses it."""
    require(actor, Right.DELETE_APPROVER_LISTS)
    lock_members(session, approver_list)
    if used := lists_using(session, approver_list):
        raise StillInUse(
            "The approver list %(name)s is still used by: %(lists)s.",
            name=approver_list.name,
            lists=", ".join(one.short_name for one in used),
        )
    record(session, Act.DELETED_APPROVER_LIST, actor=actor, **approver_list_detail(approver_list))
    session.delete(approver_list)


def lists_using(session: Session, approver_list: ApproverList) -> Sequence[MailingList]:
    """Return the mailing lists that use it, as approver list or as escalation list."""
    return session.scalars(
        select(MailingList)
        .where(
            (MailingList.approver_list_id == approver_list.id)
            | (MailingList.escalation_list_id == approver_list.id)
        )
        .order_by(MailingList.short_name)
    ).all()


def approver_list_by_id(session: Session, number: int) -> ApproverList:
    """Return the approver list with this number; raises Unknown."""
    approver_list = session.get(ApproverList, number)
    if approver_list is None:
        raise Unknown("There is no approver list %(number)d.", number=number)
    return approver_list
