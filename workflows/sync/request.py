"""Request pushes: debounced after changes, at once for a person, and every night."""

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

# Every list is pushed at this hour of the organisation's time zone, which repairs what was changed
# directly on the list server.
NIGHTLY_AT = time(3)


class SwitchedOff(Refusal):
    """The operator has switched this feature off."""


class Held(Refusal):
    """The push waits until a person confirms it."""


class NotHeld(Refusal):
    """No push of the list waits for confirmation."""


@dataclass(frozen=True)
class Debounce:
    """How long a list must be unchanged before it is pushed, and how long a push may wait."""

    quiet: timedelta
    max_wait: timedelta


def request_debounced_push(session: Session, list_id: int, debounce: Debounce) -> None:
    """Request a push if the list has been unchanged long enough; else ask again later."""
    first, last = session.execute(
        select(func.min(SubscriptionChange.at), func.max(SubscriptionChange.at)).where(
            SubscriptionChange.list_id == list_id, SubscriptionChange.sync_id.is_(None)
        )
    ).one()
    if first is None:
        return
    due_at = min(last + debounce.quiet, first + debounce.max_wait)
    if due_at > now():
        ask_for_push(session, [list_id], due_at)
    else:
        request_push(session, list_id)


def request_due_pushes(session: Session, debounce: Debounce) -> None:
    """Call `request_debounced_push` for every list with changes that no push has covered."""
    changed = select(SubscriptionChange.list_id).where(SubscriptionChange.sync_id.is_(None))
    for list_id in session.scalars(changed.distinct()).all():
        request_debounced_push(session, list_id, debounce)


def request_nightly_pushes(session: Session, zone: ZoneInfo) -> None:
    """Request a push of every list that was not pushed since the last nightly time.

    A list that was never pushed is skipped: what the list server has did not come from us.
    """
    night = last_night(zone)
    pushed = select(Sync.list_id).where(Sync.state == SyncState.DONE)
    lately = select(Sync.list_id).where((Sync.state != SyncState.DONE) | (Sync.started_at >= night))
    for list_id in session.scalars(pushed.except_(lately)).all():
        request_push(session, list_id)


def push_now(session: Session, mailing_list: MailingList, *, actor: Actor) -> Sync:
    """Request a push at once, whether or not anything has changed; return the Sync.

    Raises Held if the last push waits for confirmation, Archived.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    require_open(session, mailing_list)
    sync = unfinished_sync(session, mailing_list.id)
    if sync is not None and sync.state is SyncState.HELD:
        raise Held("The push of %(list)s is held; look at it, and confirm it.", list=mailing_list)
    record(session, Act.ASKED_FOR_PUSH, actor=actor, list_id=mailing_list.id)
    if sync is None:
        request_push(session, mailing_list.id)
        sync = unfinished_sync(session, mailing_list.id)
        assert sync is not None, "if another session was first, its push is visible now"
    elif sync.state is SyncState.PENDING:
        sync.postpone(now())
    return sync


def confirm(
    session: Session, mailing_list: MailingList, *, seen: int | None = None, actor: Actor
) -> Sync:
    """Confirm the push that is held; it is held again if it would then remove more.

    `seen` is the number of removals that the person was shown.  Raises NotHeld, Archived, and Held
    if there are more removals by now.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    require_open(session, mailing_list)
    sync = unfinished_sync(session, mailing_list.id)
    if sync is None or sync.state is not SyncState.HELD:
        raise NotHeld("No push of %(list)s is held.", list=mailing_list)
    if seen is not None and (sync.removals or 0) > seen:
        raise Held(
            "The push of %(list)s now removes more; look at it again.",
            list=mailing_list,
        )
    sync.confirmed = sync.removals or 0
    retry_held(sync)
    record(
        session, Act.CONFIRMED_PUSH, actor=actor, list_id=mailing_list.id, removals=sync.confirmed
    )
    return sync


def request_push(session: Session, list_id: int) -> None:
    """Request a push unless one is unfinished; an archived list is not pushed.

    A push that is held is tried again, because the changes may have made it acceptable.
    """
    if is_archived(session, list_id):
        return
    unfinished = unfinished_sync(session, list_id)
    if unfinished is None:
        try:
            with session.begin_nested():
                session.add(Sync(list_id=list_id))
        except IntegrityError:
            return  # another worker was first
    elif unfinished.state is SyncState.HELD:
        retry_held(unfinished)


def retry_held(held: Sync) -> None:
    """Make a push that is held due at once; it is compared with the last good one again."""
    held.move(SyncState.PENDING)
    held.postpone(now())


def last_night(zone: ZoneInfo) -> datetime:
    """Return when the last nightly pushes began."""
    moment = now().astimezone(zone)
    tonight = moment.replace(hour=NIGHTLY_AT.hour, minute=0, second=0, microsecond=0)
    return tonight if tonight <= moment else tonight - timedelta(days=1)


def unfinished_sync(session: Session, list_id: int) -> Sync | None:
    """Return the list's one unfinished push, or None."""
    return session.scalar(select(Sync).where(Sync.list_id == list_id, Sync.state != SyncState.DONE))


def require_maillists(*, enabled: bool) -> None:
    """Raise SwitchedOff unless MAILLISTS_ENABLED."""
    if not enabled:
        raise SwitchedOff("Lists are not pushed here: the operator set MAILLISTS_ENABLED=false.")
