"""What the removal of a person will change, told before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    ApproverKeys,
    ApproverList,
    MailingList,
    Message,
    MessageState,
    ModerationRequest,
    RequestState,
    Subscription,
    User,
)


@dataclass(frozen=True)
class Consequences:
    """Where the person stands now, and will be missing."""

    lists: Sequence[MailingList]
    approver_lists: Sequence[ApproverList]
    # Open requests that this person may answer; the others who were asked still may.
    questions: Sequence[Message]
    # What this person wrote and what goes on without them.
    waiting: Sequence[Message]
    scheduled: Sequence[Message]

    def left_empty(self) -> list[ApproverList]:
        """The approver lists on which nobody else could answer."""
        return [
            one
            for one in self.approver_lists
            if sum(member.disabled_at is None for member in one.members) <= 1
        ]


def consequences(session: Session, user: User) -> Consequences:
    """What hangs on the person, in a number of statements that does not grow with it."""
    on = select(Subscription.list_id).where(Subscription.user_id == user.id)
    asked = (
        select(ModerationRequest.message_id)
        .join(ApproverKeys)
        .where(ApproverKeys.user_id == user.id, ModerationRequest.state == RequestState.OPEN)
    )
    wrote = Message.author_id == user.id
    return Consequences(
        lists=session.scalars(
            select(MailingList).where(MailingList.id.in_(on)).order_by(MailingList.name)
        ).all(),
        approver_lists=session.scalars(
            select(ApproverList)
            .where(ApproverList.members.any(User.id == user.id))
            .options(selectinload(ApproverList.members))
            .order_by(ApproverList.name)
        ).all(),
        questions=messages(session, Message.id.in_(asked)),
        waiting=messages(session, wrote, Message.state == MessageState.IN_MODERATION),
        scheduled=messages(session, wrote, Message.state == MessageState.SCHEDULED),
    )


def messages(session: Session, *conditions: ColumnElement[bool]) -> Sequence[Message]:
    """These messages, with their lists, oldest first."""
    found = select(Message).where(*conditions).options(joinedload(Message.mailing_list))
    return session.scalars(found.order_by(Message.id)).all()
