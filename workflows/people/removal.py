"""Remove a person: from every list, and from our memory but for the name under what they did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from models import (
    Act,
    Actor,
    ApproverList,
    Credentials,
    Delivery,
    Dispatch,
    ApproverKeys,
    MailedLink,
    MailingList,
    Message,
    MessageState,
    ModerationRequest,
    Notification,
    RequestState,
    Right,
    Subscription,
    User,
    record,
)
from models.clock import now
from workflows.access import require
from workflows.people.account_links import void_links
from workflows.people.last_administrator import never_the_last
from workflows.subscriptions.subscribe import leave_every_list
from workflows.sync.journal import lock_user


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


class Departure(NamedTuple):
    """How many lists, and approver lists, somebody was on."""

    lists: int
    approver_lists: int


def remove_user(session: Session, user: User, *, actor: Actor) -> Departure | None:
    """Take the person off every list and approver list, and forget address, phone and roles.

    The row stays: decisions and messages name it.  None if it was done before.  Raises
    LastAdministrator.
    """
    require(actor, Right.EDIT_USERS)
    lock_user(session, user, actor)
    if user.removed_at:
        return None
    lists = leave_every_list(session, user, actor=actor)
    approver_lists = leave_every_approver_list(session, user)
    with never_the_last(session, actor=actor):
        user.roles = []
    forget(session, user)
    user.removed_at = now()
    user.disabled_at = user.disabled_at or user.removed_at
    record(session, Act.REMOVED_USER, actor=actor, user_id=user.id, lists=lists)
    return Departure(len(lists), approver_lists)


def leave_every_approver_list(session: Session, user: User) -> int:
    """Have the person answer for no list any more; returns for how many they did."""
    answered = select(ApproverList).where(ApproverList.members.any(User.id == user.id))
    approver_lists = session.scalars(answered).all()
    for approver_list in approver_lists:
        approver_list.members.remove(user)
    return len(approver_lists)


def forget(session: Session, user: User) -> None:
    """Forget how the person was reached and logged in, wherever it was kept."""
    # The address is free for somebody else; .invalid is nobody's (RFC 2606).
    nobody = f"removed-{user.id}@removed.invalid"
    # A sendout that is under way spares whose address is a disabled person's.
    session.execute(
        update(Delivery)
        .where(Delivery.address == user.address, Delivery.dispatch_id.in_(select(Dispatch.id)))
        .values(address=nobody)
    )
    void_links(session, user)
    for kind, column in ((MailedLink, "new_address"), (Notification, "former_address")):
        session.execute(update(kind).where(kind.user_id == user.id).values({column: None}))
    session.execute(delete(Credentials).where(Credentials.user_id == user.id))
    user.address = nobody
    user.phone = user.sms_stopped_at = None
