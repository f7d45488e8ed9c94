"""Whoever becomes an approver while requests are open is asked as the others were."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ApproverList, Message, ModerationRequest, RequestState
from workflows.moderation.decide import invite


def ask_newcomers(session: Session, approver_list: ApproverList) -> None:
    """Invite those who may now answer the open requests of this list and were not asked.

    An answer that is under way goes first: of what is decided nobody is told.
    """
    session.flush()
    still_open = (
        select(ModerationRequest)
        .join(ModerationRequest.message)
        .join(Message.mailing_list)
        .where(
            ModerationRequest.state == RequestState.OPEN,
            ModerationRequest.asks([approver_list.id]),
        )
        .order_by(ModerationRequest.id)
        .with_for_update(of=ModerationRequest)
    )
    for request in session.scalars(still_open).all():
        invite(session, request, request.approvers())
