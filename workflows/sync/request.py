"""Ask for pushes: when the journal has been quiet, when a person wants one, and every night."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    MailingList,
    Refusal,
    Right,
    SubscriptionChange,
    Sync,
    SyncState,
    ask_for_push,
    record,
)
from models.clock import now
from workflows.access import is_archived, require, require_open

# At this hour of the organisation's zone every list is pushed, which repairs what was changed on
# the list server by other means.
NIGHT = time(3)


class SwitchedOff(Refusal):
    """The operator has switched this part of the house off."""


class Held(Refusal):
    """The push waits for somebody to confirm it."""


class NotHeld(Refusal):
    """There is nothing to confirm."""


@dataclass(frozen=True)
class Pace:
    """How long a list must be quiet before it is pushed, and how long a push may be put off."""

    quiet: timedelta
    max_wait: timedelta


def open_sync(session: Session, list_id: int, pace: Pace) -> None:
    """Ask for a push if the list has been quiet; else have the bell rung again when it may be."""
    first, last = session.execute(
        select(func.min(SubscriptionChange.at), func.max(SubscriptionChange.at)).where(
            SubscriptionChange.list_id == list_id, SubscriptionChange.sync_id.is_(None)
        )
    ).one()
    if first is None:
        return
    due_at = min(last + pace.quiet, first + pace.max_wait)
    if due_at > now():
        ask_for_push(session, [list_id], due_at)
    else:
        ask_now(session, list_id)


def ask_now(session: Session, list_id: int) -> None:
    """Ask for a push; one that is asked for, or runs, is enough.

    What changes may mend a push that is held, so that one is tried again: the guard looks anew.
    An archived list is not pushed.
    """
    if is_archived(session, list_id):
        return
    unfinished = unfinished_sync(session, list_id)
    if unfinished is None:
        try:
            with session.begin_nested():
                session.add(Sync(list_id=list_id))
        except IntegrityError:
            return  # a colleague was first
    elif unfinished.state is SyncState.HELD:
        release(unfinished)


def release(held: Sync) -> None:
    """Let a push that is held be tried again, at once."""
    held.move(SyncState.PENDING)
    held.postpone(now())


def open_due(session: Session, pace: Pace) -> None:
    """Do so for every list whose journal holds something that is not pushed."""
    asking = select(SubscriptionChange.list_id).where(SubscriptionChange.sync_id.is_(None))
    for list_id in session.scalars(asking.distinct()).all():
        open_sync(session, list_id, pace)


def open_nightly(session: Session, zone: ZoneInfo) -> None:
    """Ask for a push of every list that was not pushed since the night began.

    A list that was never pushed is left alone: what the list server holds was not ours.
    """
    night = last_night(zone)
    pushed = select(Sync.list_id).where(Sync.state == SyncState.DONE)
    lately = select(Sync.list_id).where((Sync.state != SyncState.DONE) | (Sync.started_at >= night))
    for list_id in session.scalars(pushed.except_(lately)).all():
        ask_now(session, list_id)


def last_night(zone: ZoneInfo) -> datetime:
    """When the last night's pushes began."""
    moment = now().astimezone(zone)
    tonight = moment.replace(hour=NIGHT.hour, minute=0, second=0, microsecond=0)
    return tonight if tonight <= moment else tonight - timedelta(days=1)


def push_now(session: Session, mailing_list: MailingList, *, actor: Actor) -> Sync:
    """Have the list pushed at once, whether or not anything has changed; returns the Sync.

    Raises Held if the last push waits for somebody to confirm it, Archived.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    require_open(session, mailing_list)
    sync = unfinished_sync(session, mailing_list.id)
    if sync is not None and sync.state is SyncState.HELD:
        raise Held("The push of %(list)s is held; look at it, and confirm it.", list=mailing_list)
    record(session, Act.ASKED_FOR_PUSH, actor=actor, list_id=mailing_list.id)
    if sync is None:
        ask_now(session, mailing_list.id)
        sync = unfinished_sync(session, mailing_list.id)
        assert sync is not None, "what was committed meanwhile is a push too"
    elif sync.state is SyncState.PENDING:
        sync.postpone(now())
    return sync


def confirm(
    session: Session, mailing_list: MailingList, *, seen: int | None = None, actor: Actor
) -> Sync:
    """Let the push that is held through, but none that takes away more.

    Raises NotHeld, Archived, and Held if it takes away more than the person has `seen`.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    require_open(session, mailing_list)
    sync = unfinished_sync(session, mailing_list.id)
    if sync is None or sync.state is not SyncState.HELD:
        raise NotHeld("No push of %(list)s is held.", list=mailing_list)
    if seen is not None and (sync.removals or 0) > seen:
        raise Held("By now the push of %(list)s removes more; look at it anew.", list=mailing_list)
    sync.confirmed = sync.removals or 0
    release(sync)
    record(
        session, Act.CONFIRMED_PUSH, actor=actor, list_id=mailing_list.id, removals=sync.confirmed
    )
    return sync


def unfinished_sync(session: Session, list_id: int) -> Sync | None:
    """The list's one push that is not done."""
    return session.scalar(select(Sync).where(Sync.list_id == list_id, Sync.state != SyncState.DONE))


def require_maillists(*, enabled: bool) -> None:
    """Raise SwitchedOff where lists are not pushed to any list server."""
    if not enabled:
        raise SwitchedOff("Lists are not pushed here: the operator set MAILLISTS_ENABLED=false.")
