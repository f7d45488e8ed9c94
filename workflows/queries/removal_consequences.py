"""What the removal of a person would end or affect."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Absence,
    ApproverKeys,
    ApproverList,
    MailingList,
    Message,
    MessageState,
    ModerationRequest,
    RequestState,
    User,
)
from workflows.queries.user_lists import approver_lists_with, lists_of


@dataclass(frozen=True)
class Consequences:
    """What a removal would end or affect."""

    lists: Sequence[MailingList]
    approver_lists: Sequence[ApproverList]
    # Current and future absences in which the person is the deputy; they have none then.
    deputyships: Sequence[Absence]
    # Open requests that this person may answer; the other approvers still may.
    questions: Sequence[Message]
    # Messages by this person, which continue.
    waiting: Sequence[Message]
    scheduled: Sequence[Message]

    def left_empty(self) -> list[ApproverList]:
        """Return the approver lists on which no one else could answer."""
        return [
            one
            for one in self.approver_lists
            if sum(member.disabled_at is None for member in one.members) <= 1
        ]


def consequences(session: Session, user: User) -> Consequences:
    """Return what the removal of this person would change, in a fixed number of statements."""
    message_ids = (
        select(ModerationRequest.message_id)
        .join(ApproverKeys)
        .where(ApproverKeys.user_id == user.id, ModerationRequest.state == RequestState.OPEN)
    )
    is_author = Message.author_id == user.id
    return Consequences(
        lists=lists_of(session, user),
        approver_lists=session.scalars(
            approver_lists_with(user).options(selectinload(ApproverList.members))
        ).all(),
        deputyships=session.scalars(
            select(Absence)
            .where(Absence.deputy_id == user.id, Absence.is_ahead())
            .options(joinedload(Absence.user))
            .order_by(Absence.from_at)
        ).all(),
        questions=messages(session, Message.id.in_(message_ids)),
        waiting=messages(session, is_author, Message.state == MessageState.IN_MODERATION),
        scheduled=messages(session, is_author, Message.state == MessageState.SCHEDULED),
    )


def messages(session: Session, *conditions: ColumnElement[bool]) -> Sequence[Message]:
    """Return these messages with their lists, oldest first."""
    found = select(Message).where(*conditions).options(joinedload(Message.mailing_list))
    return session.scalars(found.order_by(Message.id)).all()
