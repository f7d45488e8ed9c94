"""All approver lists, and how many mailing lists use each."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from models import ApproverList, MailingList


def all_approver_lists() -> Select[ApproverList]:
    """Select every approver list, by name."""
    return select(ApproverList).order_by(ApproverList.name)


def approver_lists_with_members() -> Select[ApproverList]:
    """Select every approver list with its members, by name."""
    return all_approver_lists().options(selectinload(ApproverList.members))


def use_counts(session: Session, approver_lists: Sequence[ApproverList]) -> Mapping[int, int]:
    """Count the mailing lists that use each of these, at once or as escalation, by id."""
    uses = (ApproverList.id == MailingList.approver_list_id) | (
        ApproverList.id == MailingList.escalation_list_id
    )
    counts = (
        select(ApproverList.id, func.count(MailingList.id))
        .outerjoin(MailingList, uses)
        .where(ApproverList.id.in_([one.id for one in approver_lists]))
        .group_by(ApproverList.id)
    )
    return dict(session.execute(counts).all())
