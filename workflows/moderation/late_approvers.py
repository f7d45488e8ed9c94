"""Whoever becomes an approver while requests are open is asked as the others were."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models import ApproverList, MailingList, Message, ModerationRequest, RequestState
from workflows.moderation.decide import invite


def ask_newcomers(session: Session, approver_list: ApproverList) -> None:
    """Invite those who may now answer the open requests of this list and were not asked.

    An answer that is under way goes first: of what is decided nobody is told.
    """
    session.flush()
    escalated = ModerationRequest.escalated_at.is_not(None)
    still_open = (
        select(ModerationRequest)
        .join(ModerationRequest.message)
        .join(Message.mailing_list)
        .where(
            ModerationRequest.state == RequestState.OPEN,
            or_(
                MailingList.approver_list_id == approver_list.id,
                and_(escalated, MailingList.escalation_list_id == approver_list.id),
            ),
        )
        .order_by(ModerationRequest.id)
        .with_for_update(of=ModerationRequest)
    )
    for request in session.scalars(still_open).all():
        invite(session, request, request.approvers())
