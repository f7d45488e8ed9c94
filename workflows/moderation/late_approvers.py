"""Ask people who become approvers while requests are open."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ApproverList, Message, ModerationRequest, RequestState
from workflows.moderation.decide import ask_approvers


def ask_late_approvers(session: Session, approver_list: ApproverList) -> None:
    """Give keys for the open requests of this approver list to those who have none yet.

    The row lock lets an answer that is under way go first: no one is asked about what is decided.
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
        ask_approvers(session, request, request.approvers())
