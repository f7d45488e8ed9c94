"""Who is on an approver list, where it is used, and its end."""

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
from workflows.lists.lists import facts, set_approvers


def add_approver(
    session: Session, approver_list: ApproverList, user: User, *, actor: Actor
) -> bool:
    """Have this person answer too; False if they do already.  Raises Invalid for the disabled."""
    require(actor, Right.EDIT_APPROVER_LISTS)
    if user.disabled_at:
        raise Invalid("%(user)s is disabled, and could not answer.", user=user)
    members = held(session, approver_list)
    if user in members:
        return False
    set_approvers(session, approver_list, [*members, user], actor=actor)
    return True


def remove_approver(
    session: Session, approver_list: ApproverList, user: User, *, actor: Actor
) -> bool:
    """Have this person no longer answer; False if they did not."""
    require(actor, Right.EDIT_APPROVER_LISTS)
    members = held(session, approver_list)
    if user not in members:
        return False
    others = [member for member in members if member is not user]
    set_approvers(session, approver_list, others, actor=actor)
    return True


def delete_approver_list(session: Session, approver_list: ApproverList, *, actor: Actor) -> None:
    """Delete a list that answers for no mailing list; raises StillInUse."""
    require(actor, Right.DELETE_APPROVER_LISTS)
    held(session, approver_list)
    if used := uses(session, approver_list):
        raise StillInUse(
            "The approver list %(name)s answers for: %(lists)s.",
            name=approver_list.name,
            lists=", ".join(one.short_name for one in used),
        )
    record(session, Act.DELETED_APPROVER_LIST, actor=actor, **facts(approver_list))
    session.delete(approver_list)


def held(session: Session, approver_list: ApproverList) -> list[User]:
    """The members as they are now; of two who change them at once, one waits for the other."""
    session.flush()  # or what this session has changed would be forgotten
    session.refresh(approver_list, with_for_update=True)
    session.refresh(approver_list, ["members"])
    return list(approver_list.members)


def uses(session: Session, approver_list: ApproverList) -> Sequence[MailingList]:
    """The mailing lists for which it answers, at once or when others have not."""
    return session.scalars(
        select(MailingList)
        .where(
            (MailingList.approver_list_id == approver_list.id)
            | (MailingList.escalation_list_id == approver_list.id)
        )
        .order_by(MailingList.short_name)
    ).all()


def approver_list_by_id(session: Session, number: int) -> ApproverList:
    """The approver list with this number; raises Unknown."""
    approver_list = session.get(ApproverList, number)
    if approver_list is None:
        raise Unknown("There is no approver list %(number)d.", number=number)
    return approver_list
