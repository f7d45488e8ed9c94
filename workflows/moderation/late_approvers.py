"""Ask people who may answer only since a request was made: new approvers, and deputies."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import ApproverList, Message, ModerationRequest, RequestState, User
from workflows.moderation.decide import ask_those_present


def ask_late_approvers(session: Session, approver_list: ApproverList) -> None:
    """Give keys for the open requests of this approver list to those who have none yet."""
    ask_again(session, ModerationRequest.asks([approver_list.id]))


def ask_in_absence(session: Session, approver: User) -> None:
    """Give keys for the approver's open requests to the deputy, or to an approver who is back."""
    ask_again(session, ModerationRequest.answerable_by(approver.id))


def ask_again(session: Session, which: ColumnElement[bool]) -> None:
    """Ask those who may answer these open requests now and have no keys yet.

    The row lock lets an answer that is under way go first: no one is asked about what is decided.
    """
    session.flush()
    still_open = (
        select(ModerationRequest)
        .join(ModerationRequest.message)
        .join(Message.mailing_list)
        .where(ModerationRequest.state == RequestState.OPEN, which)
        .order_by(ModerationRequest.id)
        .with_for_update(of=ModerationRequest)
    )
    for request in session.scalars(still_open).all():
        ask_those_present(session, request)
