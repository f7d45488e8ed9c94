"""Push a list's addresses, whole, to the list server.

A push covers every change that was committed before it read; what comes later asks for another one.
Only one Sync of a list is unfinished at a time, and only who holds its lease runs the command.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from io import FileIO
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Failure,
    LetterName,
    Right,
    SubscriptionChange,
    Sync,
    SyncState,
    ask_for_push,
    record,
)
from models.clock import now
from notifications.retry import retry_at
from workflows.notify import notify_administrators
from workflows.sync.command import GONE_WITHIN, Outcome
from workflows.sync.snapshot import Content, keep, last_good, read_addresses, removals

# So long a worker may take from its claim to the start of the command; then it is too late.
START_WITHIN = timedelta(seconds=15)

# Clocks of two machines may differ by so much; the doctor checks that they do not.
CLOCKS = timedelta(seconds=5)

# A list of a few members may lose any share of them without asking anyone.
FEW = 10


@dataclass(frozen=True)
class Rules:
    """What the operator decides about pushes."""

    enabled: bool
    timeout: timedelta
    max_shrink: int  # percent
    alert_after: int  # failures in a row

    @property
    def lease(self) -> timedelta:
        """Longer than the command can run, so that nobody starts a second one before."""
        return START_WITHIN + self.timeout + GONE_WITHIN + CLOCKS


@dataclass(frozen=True)
class Claim:
    """The right to run the command once; its lease tells it from every other claim."""

    sync_id: int
    short_name: str
    email: str
    content: Content
    addresses: FileIO
    not_after: datetime
    lease_until: datetime


def claim(session: Session, sync_id: int, addresses: FileIO, rules: Rules) -> Claim | None:
    """Claim a push that is due, and read the addresses; None if there is nothing to run.

    All of it is one transaction: a worker that dies while it reads has claimed nothing.
    """
    sync = Sync.take(session, sync_id, SyncState.PENDING)
    if sync is None or sync.due_at > now() or not rules.enabled or sync.mailing_list.archived_at:
        return None
    sync.move(SyncState.RUNNING)
    # Stamped first, read afterwards: what is stamped is committed, so the read sees it.
    session.execute(
        update(SubscriptionChange)
        .where(SubscriptionChange.list_id == sync.list_id, SubscriptionChange.sync_id.is_(None))
        .values(sync_id=sync.id)
    )
    content = read_addresses(session, sync.mailing_list, addresses)
    sync.addresses, sync.digest = content
    told = sync.removals or 0
    if shrinks_too_much(session, sync, addresses, rules):
        hold_back(session, sync, told=told)
        return None
    claimed_at = now()
    sync.lease_until = claimed_at + rules.lease
    return Claim(
        sync.id,
        sync.mailing_list.short_name,
        sync.mailing_list.address,
        content,
        addresses,
        not_after=claimed_at + START_WITHIN,
        lease_until=sync.lease_until,
    )


def shrinks_too_much(session: Session, sync: Sync, addresses: FileIO, rules: Rules) -> bool:
    """Whether the push takes away more than a person has let through, and than rules allow."""
    before = last_good(session, sync.list_id)
    if before is None or before.digest == sync.digest:
        return False
    lost = removals(session, sync.list_id, addresses)
    allowed = max(FEW - 1, (before.addresses or 0) * rules.max_shrink // 100, sync.confirmed)
    if lost <= allowed:
        return False
    sync.removals = lost
    return True


def hold_back(session: Session, sync: Sync, *, told: int) -> None:
    """Wait for a person; administrators are told, unless they know of as many removals."""
    sync.move(SyncState.HELD)
    assert sync.removals is not None
    if sync.removals <= told:
        return
    before = last_good(session, sync.list_id)
    facts: dict[str, Any] = {
        "list": sync.mailing_list.short_name,
        "list_name": sync.mailing_list.name,
        "removals": sync.removals,
        "before": before.addresses if before else 0,
        "after": sync.addresses,
    }
    record(session, Act.HELD_PUSH, actor=Actor.system(), list_id=sync.list_id, **facts)
    facts["list_id"] = sync.list_id
    notify_administrators(session, LetterName.SYNC_HELD, of=Right.EDIT_LISTS, **facts)


def finish(session: Session, claimed: Claim, outcome: Outcome, rules: Rules) -> None:
    """Note what became of the command; a failed push is repeated, and later each time."""
    sync = Sync.take(session, claimed.sync_id, SyncState.RUNNING)
    # After the end of the lease somebody else may have claimed it anew.
    if sync is None or sync.lease_until != claimed.lease_until:
        return
    sync.started_at, sync.ended_at = outcome.started_at, outcome.ended_at
    sync.exit_status, sync.stderr = outcome.exit_status, outcome.stderr
    if outcome.failure is None:
        succeed(session, sync, claimed.addresses, rules)
    else:
        fail(session, sync, outcome.failure, rules)


def succeed(session: Session, sync: Sync, addresses: FileIO, rules: Rules) -> None:
    """The list server has the list; remember what it holds."""
    before = last_good(session, sync.list_id)
    if before is None or before.digest != sync.digest:
        keep(session, sync.list_id, addresses)
    sync.failure = sync.removals = sync.lease_until = None
    sync.move(SyncState.DONE)
    # What was committed while the command ran has waited for it to end.
    waiting = select(SubscriptionChange.id).where(
        SubscriptionChange.list_id == sync.list_id, SubscriptionChange.sync_id.is_(None)
    )
    if session.scalar(waiting.limit(1)) is not None:
        ask_for_push(session, [sync.list_id])
    if sync.failures >= rules.alert_after:
        tell(session, sync, LetterName.SYNC_RECOVERED)


def fail(session: Session, sync: Sync, failure: Failure, rules: Rules) -> None:
    """Try again, later after each failure; administrators are told once that it goes on failing."""
    sync.failure, sync.lease_until = failure, None
    sync.failures += 1
    sync.move(SyncState.PENDING)
    sync.postpone(retry_at(sync.failures))
    if sync.failures == rules.alert_after:
        tell(session, sync, LetterName.SYNC_FAILING)


def tell(session: Session, sync: Sync, letter: LetterName) -> None:
    """Tell the administrators how pushing this list goes."""
    facts = {
        "list": sync.mailing_list.short_name,
        "list_name": sync.mailing_list.name,
        "failures": sync.failures,
        "failure": sync.failure,
        "exit_status": sync.exit_status,
        "stderr": sync.stderr,
    }
    notify_administrators(session, letter, of=Right.EDIT_LISTS, **facts)


def end_leases(session: Session, rules: Rules) -> None:
    """Try again what a dead worker had claimed: by now its command has ended too."""
    for sync in session.scalars(
        select(Sync)
        .where(Sync.state == SyncState.RUNNING, Sync.lease_until < now())
        .with_for_update(skip_locked=True)
    ):
        fail(session, sync, Failure.WORKER_DIED, rules)
        sync.postpone(now())
