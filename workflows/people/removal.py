"""Remove a person: from every list, with all personal data but the name under their acts."""

from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    ApproverList,
    Credentials,
    Delivery,
    Dispatch,
    ExternalId,
    LetterName,
    MailedLink,
    Notification,
    Right,
    SubscriptionRequest,
    User,
    record,
)
from models.clock import now
from workflows.access import require
from workflows.lists.ended_requests import end_requests, open_requests
from workflows.people.absences import end_absences_of
from workflows.people.account_links import void_links
from workflows.people.last_administrator import require_administrator_left
from workflows.people.recovery_codes import void_recovery_codes
from workflows.people.sessions import end_all_sessions
from workflows.subscriptions.subscribe import leave_every_list
from workflows.sync.journal import lock_user


class Departure(NamedTuple):
    """The number of lists and approver lists that a removed person was on."""

    lists: int
    approver_lists: int


def remove_user(session: Session, user: User, *, actor: Actor) -> Departure | None:
    """Take the person off every list and approver list; erase address, phone and roles.

    The row stays, because decisions and messages refer to it.  Returns None if the person was
    removed before.  Raises LastAdministrator.
    """
    require(actor, Right.EDIT_USERS)
    lock_user(session, user, actor)
    if user.removed_at:
        return None
    lists = leave_every_list(session, user, actor=actor)
    approver_lists = leave_every_approver_list(session, user)
    end_absences_of(session, user)
    with require_administrator_left(session, actor=actor):
        user.grants = []
    erase_contact(session, user)
    user.removed_at = now()
    user.disabled_at = user.disabled_at or user.removed_at
    end_requests(session, open_requests(SubscriptionRequest.user_id == user.id), actor=actor)
    record(session, Act.REMOVED_USER, actor=actor, user_id=user.id, lists=lists)
    return Departure(len(lists), approver_lists)


def leave_every_approver_list(session: Session, user: User) -> int:
    """Take the person off every approver list; return the number of lists."""
    answered = select(ApproverList).where(ApproverList.members.any(User.id == user.id))
    approver_lists = session.scalars(answered).all()
    for approver_list in approver_lists:
        approver_list.members.remove(user)
    return len(approver_lists)


def erase_contact(session: Session, user: User) -> None:
    """Erase the person's address, number, credentials and services' keys, wherever they are."""
    # The address may be used again; no mail can go to .invalid (RFC 2606).
    placeholder = f"removed-{user.id}@removed.invalid"
    # With the address of a disabled person, a delivery is not sent (`people_at`).
    session.execute(
        update(Delivery)
        .where(Delivery.address == user.address, Delivery.dispatch_id.in_(select(Dispatch.id)))
        .values(address=placeholder)
    )
    void_links(session, user)
    for kind, column in ((MailedLink, "new_address"), (Notification, "former_address")):
        session.execute(update(kind).where(kind.user_id == user.id).values({column: None}))
    # What they wrote, and the address they may have written from.
    answers = Notification.letter.in_([LetterName.NOT_UNDERSTOOD, LetterName.OTHER_SENDER])
    session.execute(
        update(Notification).where(Notification.user_id == user.id, answers).values(detail={})
    )
    end_all_sessions(session, user)
    void_recovery_codes(session, user)
    session.execute(delete(Credentials).where(Credentials.user_id == user.id))
    session.execute(delete(ExternalId).where(ExternalId.user_id == user.id))
    user.address = placeholder
    user.phone = user.sms_stopped_at = None
