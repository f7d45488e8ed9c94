"""Ask to join a list whose owners decide who joins; the first answer decides."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Invalid,
    LetterName,
    MailingList,
    Refusal,
    Right,
    Subscription,
    SubscriptionRequest,
    SubscriptionRequestState,
    Unknown,
    User,
    record,
)
from models.clock import now
from workflows.access import require, require_open
from workflows.lists.ended_requests import end_requests, notify_person, open_requests
from workflows.moderation.decide import AlreadyDecided, NoLongerOpen, checked_comment
from workflows.notify import administrators, notify
from workflows.subscriptions.subscribe import must_ask, require_not_removed, subscribe

# Open requests of one person, at most: each is a letter to owners.
MAX_OPEN: Final = 10

# After these a person may ask the same list again, counted from the answer or from the request.
AFTER_DECLINE: Final = timedelta(days=30)
AFTER_WITHDRAWAL: Final = timedelta(days=1)

# A request without an answer ends after this time.
EXPIRE_AFTER: Final = timedelta(days=30)


class AskedTooOften(Refusal):
    """The person has asked this list a short time ago, or asks too many lists at once."""


class Joined(StrEnum):
    """What came of a wish to join."""

    SUBSCRIBED = "subscribed"
    ASKED = "asked"
    UNCHANGED = "unchanged"  # they are on the list or have asked already


def join(session: Session, user: User, mailing_list: MailingList, *, actor: Actor) -> Joined:
    """Subscribe `user` to the list, or ask its owners if the person has to; raises as both do."""
    if must_ask(user, mailing_list, actor):
        asked = ask_to_join(session, mailing_list, actor=actor)
        return Joined.ASKED if asked else Joined.UNCHANGED
    subscribed = subscribe(session, user, mailing_list, actor=actor)
    return Joined.SUBSCRIBED if subscribed else Joined.UNCHANGED


def ask_to_join(session: Session, mailing_list: MailingList, *, actor: Actor) -> bool:
    """Ask the owners of the list; return False if the person has asked, or is on it, already.

    Raises Archived, Invalid if the list takes no requests, AskedTooOften.
    """
    user = actor.person
    lock_to_ask(session, user, mailing_list)
    if not must_ask(user, mailing_list, actor):
        raise Invalid("The list %(list)s takes no requests to join it.", list=mailing_list)
    if session.get(Subscription, (mailing_list.id, user.id)):
        return False
    if not may_ask_now(session, user, mailing_list):
        return False
    request = SubscriptionRequest(user=user, mailing_list=mailing_list)
    session.add(request)
    session.flush()
    record(session, Act.ASKED_TO_JOIN, actor=actor, list_id=mailing_list.id, user_id=user.id)
    asked = owners_to_ask(session, mailing_list)
    notify(session, asked, LetterName.SUBSCRIPTION_REQUEST, subscription_request_id=request.id)
    return True


def answer(
    session: Session,
    request: SubscriptionRequest,
    to: SubscriptionRequestState,
    *,
    actor: Actor,
    comment: str = "",
) -> None:
    """Accept or decline the request, and notify who asked; accepting subscribes them.

    Raises AlreadyDecided (by whom, what and when), NoLongerOpen, Trespass.
    """
    require(actor, Right.EDIT_LISTS, list_id=request.list_id)
    comment = checked_comment(comment)
    lock_to_answer(session, request)
    win(session, request, to, actor=actor, comment=comment)
    accepted = to is SubscriptionRequestState.ACCEPTED
    record(
        session,
        Act.ACCEPTED_MEMBER if accepted else Act.DECLINED_MEMBER,
        actor=actor,
        list_id=request.list_id,
        user_id=request.user_id,
        comment=comment,
    )
    if accepted:
        subscribe(session, request.user, request.mailing_list, actor=actor)
    notify_person(session, request)


def withdraw(session: Session, mailing_list: MailingList, *, actor: Actor) -> bool:
    """Take the actor's open request to join the list back; return False if there is none."""
    own = open_requests(
        SubscriptionRequest.user_id == actor.person.id,
        SubscriptionRequest.list_id == mailing_list.id,
    )
    return end_requests(session, own, actor=actor) > 0


def expire(session: Session) -> None:
    """End the requests that got no answer in time; skip those that are being answered."""
    overdue = open_requests(SubscriptionRequest.asked_at <= now() - EXPIRE_AFTER)
    end_requests(
        session,
        overdue.with_for_update(skip_locked=True),
        SubscriptionRequestState.EXPIRED,
        actor=Actor.system(),
    )


def owners_to_ask(session: Session, mailing_list: MailingList) -> Sequence[User]:
    """Return who has Right 402 on this list itself, or else who has it everywhere."""
    may_edit = User.able_on_list(Right.EDIT_LISTS, mailing_list.id)
    own = session.scalars(select(User).where(may_edit).order_by(User.id)).all()
    return own or administrators(session, of=Right.EDIT_LISTS)


def request_by_id(
    session: Session, request_id: int, mailing_list: MailingList
) -> SubscriptionRequest:
    """Return the request to join this list with this id; raises Unknown."""
    request = session.get(SubscriptionRequest, request_id)
    if request is None or request.list_id != mailing_list.id:
        raise Unknown("There is no request %(number)d.", number=request_id)
    return request


def open_request_of(session: Session, user: User, mailing_list: MailingList) -> SubscriptionRequest:
    """Return the person's open request to join the list; raises Unknown."""
    own = open_requests(
        SubscriptionRequest.user_id == user.id, SubscriptionRequest.list_id == mailing_list.id
    )
    request = session.scalar(select(SubscriptionRequest).where(SubscriptionRequest.id.in_(own)))
    if request is None:
        raise Unknown(
            "%(user)s has no open request to join the list %(list)s.",
            user=user,
            list=mailing_list,
        )
    return request


def lock_to_ask(session: Session, user: User, mailing_list: MailingList) -> None:
    """Lock the person against asking twice at once, and the list against other settings.

    Raises Archived, Invalid if the person was removed.
    """
    session.flush()  # a refresh would discard unwritten changes
    session.refresh(user, with_for_update={"key_share": True})
    require_not_removed(user)
    session.refresh(mailing_list, with_for_update={"read": True})
    require_open(session, mailing_list)


def lock_to_answer(session: Session, request: SubscriptionRequest) -> None:
    """Lock the person and the list before the request, as a removal and an archiving do."""
    session.flush()  # a refresh would discard unwritten changes
    for row in (request.user, request.mailing_list):
        session.refresh(row, with_for_update={"read": True, "key_share": True})


def may_ask_now(session: Session, user: User, mailing_list: MailingList) -> bool:
    """Return whether the person has no open request to the list; raises AskedTooOften."""
    last = session.scalar(
        select(SubscriptionRequest)
        .filter_by(user_id=user.id, list_id=mailing_list.id)
        .order_by(SubscriptionRequest.id.desc())
        .limit(1)
    )
    if last is not None and last.state is SubscriptionRequestState.OPEN:
        return False
    again_at = last and earliest_repeat(last)
    if again_at and again_at > now():
        raise AskedTooOften(
            "You have asked to join the list %(list)s before; you may ask again on %(when)s.",
            list=mailing_list,
            when=again_at,
        )
    waiting = open_requests(SubscriptionRequest.user_id == user.id).subquery()
    if session.scalars(select(func.count()).select_from(waiting)).one() >= MAX_OPEN:
        raise AskedTooOften(
            "You wait for answers about %(most)d lists; please ask again when one has come.",
            most=MAX_OPEN,
        )
    return True


def earliest_repeat(last: SubscriptionRequest) -> datetime | None:
    """Return when the person may ask this list again; None if at any time."""
    match last.state:
        case SubscriptionRequestState.DECLINED:
            assert last.decided_at is not None
            return last.decided_at + AFTER_DECLINE
        case SubscriptionRequestState.WITHDRAWN:
            return last.asked_at + AFTER_WITHDRAWAL
        case _:
            return None


def win(
    session: Session,
    request: SubscriptionRequest,
    to: SubscriptionRequestState,
    *,
    actor: Actor,
    comment: str,
) -> None:
    """Settle the race: of all callers for one request, one returns; the others get a refusal."""
    won = SubscriptionRequest.move_all(
        session,
        [request.id],
        to,
        decided_at=now(),
        decided_by_id=actor.signature["by_id"],
        via=actor.door,
        comment=comment,
    )
    if not won:
        session.refresh(request)
        raise too_late(request)


def too_late(request: SubscriptionRequest) -> Refusal:
    """Return the refusal for an answer that was not the first."""
    facts = {"owner": request.decided_by, "user": request.user, "when": request.decided_at}
    if request.decided_by is None:
        return NoLongerOpen(
            "The request of %(user)s is no longer open: it was answered or withdrawn, or has "
            "expired.",
            user=request.user,
        )
    if request.state is SubscriptionRequestState.ACCEPTED:
        return AlreadyDecided(
            "%(owner)s has already accepted the request of %(user)s, on %(when)s.", **facts
        )
    return AlreadyDecided(
        "%(owner)s has already declined the request of %(user)s, on %(when)s.", **facts
    )
