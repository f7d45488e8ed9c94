"""The open requests that an approver may answer."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Select, bindparam, exists, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from models import Absence, ApproverKeys, Message, ModerationRequest, RequestState, User
from models.clock import now
from models.lists import approver

# For the navigation of each page; built once, because building takes as long as executing.
IS_APPROVER: Final = select(
    or_(
        exists().where(approver.c.user_id == bindparam("user_id")),
        exists().where(
            Absence.deputy_id == bindparam("user_id"),
            Absence.is_current(bindparam("moment", type_=Absence.from_at.type)),
        ),
    )
)


def open_requests(user: User) -> Select[ModerationRequest]:
    """Select the open requests that this user may answer, oldest first."""
    return (
        select(ModerationRequest)
        .join(ModerationRequest.message)
        .join(Message.mailing_list)
        .where(
            ModerationRequest.state == RequestState.OPEN,
            ModerationRequest.answerable_by(user.id),
        )
        .options(
            contains_eager(ModerationRequest.message).options(
                contains_eager(Message.mailing_list), joinedload(Message.author)
            )
        )
        .order_by(ModerationRequest.asked_at, ModerationRequest.id)
    )


def opened_requests(
    session: Session, user: User, requests: Collection[ModerationRequest]
) -> set[int]:
    """Return the ids of those requests whose message this user has opened."""
    return set(
        session.scalars(
            select(ApproverKeys.request_id).where(
                ApproverKeys.user_id == user.id,
                ApproverKeys.viewed_at.is_not(None),
                ApproverKeys.request_id.in_([one.id for one in requests]),
            )
        )
    )


def other_approvers(session: Session, request: ModerationRequest, user: User) -> Sequence[str]:
    """Return the names of everyone else who was asked, in the order in which they were."""
    return session.scalars(
        select(User.name)
        .join(ApproverKeys, ApproverKeys.user_id == User.id)
        .where(ApproverKeys.request_id == request.id, User.id != user.id)
        .order_by(ApproverKeys.id)
    ).all()


def is_approver(session: Session, user: User) -> bool:
    """Return whether the user is on any approver list, or a deputy now."""
    return bool(session.scalar(IS_APPROVER, {"user_id": user.id, "moment": now()}))
