"""Push the complete addresses of a list to the list server.

A push covers every change that was committed before it read the addresses; later changes ask for
another push.  A list has one unfinished Sync at a time, and only the worker that holds its lease
runs the command.
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
    EventKind,
    Failure,
    LetterName,
    Right,
    SubscriptionChange,
    Sync,
    SyncState,
    ask_for_push,
    note_event,
    record,
)
from models.clock import now
from notifications.retry import retry_at
from workflows.notify import notify_administrators
from workflows.sync.command import KILL_GRACE, Commands, Outcome, argv_for, run
from workflows.sync.snapshot import (
    Content,
    count_removals,
    last_good,
    read_addresses,
    store_snapshot,
)

# A worker starts the command within this time of its claim, or not at all.
START_WITHIN = timedelta(seconds=15)

# Allowed difference between the clocks of two machines; the doctor checks that it is smaller.
CLOCK_DRIFT = timedelta(seconds=5)

# A push that removes fewer addresses is never held, whatever their share.
MIN_REMOVALS_HELD = 10


@dataclass(frozen=True)
class Rules:
    """The operator's settings for pushes."""

    enabled: bool
    timeout: timedelta
    max_shrink: int  # percent
    alert_after: int  # failures in a row

    @property
    def lease(self) -> timedelta:
        """Longer than the command can run, so that no other worker starts a second one."""
        return START_WITHIN + self.timeout + KILL_GRACE + CLOCK_DRIFT


@dataclass(frozen=True)
class Claim:
    """The right to run the command once, identified by the end of its lease."""

    sync_id: int
    short_name: str
    email: str
    content: Content
    addresses: FileIO
    not_after: datetime
    lease_until: datetime


def claim_push(session: Session, sync_id: int, addresses: FileIO, rules: Rules) -> Claim | None:
    """Claim a push that is due and read the addresses; return None if there is nothing to run.

    Both are one transaction: a worker that dies while it reads has claimed nothing.
    """
    sync = Sync.take(session, sync_id, SyncState.PENDING)
    if sync is None or sync.due_at > now() or not rules.enabled or sync.mailing_list.archived_at:
        return None
    sync.move(SyncState.RUNNING)
    # First stamp, then read: stamped changes are committed, so the read sees them.
    session.execute(
        update(SubscriptionChange)
        .where(SubscriptionChange.list_id == sync.list_id, SubscriptionChange.sync_id.is_(None))
        .values(sync_id=sync.id)
    )
    content = read_addresses(session, sync.mailing_list, addresses)
    sync.addresses, sync.digest = content
    reported = sync.removals or 0
    if removes_too_many(session, sync, addresses, rules):
        hold_push(session, sync, reported=reported)
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


def run_command(claimed: Claim, commands: Commands, rules: Rules) -> Outcome:
    """Run the list's command on the addresses that were read."""
    return run(
        argv_for(
            commands.template(claimed.short_name),
            short_name=claimed.short_name,
            email=claimed.email,
        ),
        claimed.addresses,
        limit=rules.timeout,
        not_after=claimed.not_after,
        environment=commands.environment,
    )


def finish_push(session: Session, claimed: Claim, outcome: Outcome, rules: Rules) -> None:
    """Record the outcome of the command; after a failure the push is due again later."""
    sync = Sync.take(session, claimed.sync_id, SyncState.RUNNING)
    # Once the lease has ended, another worker may have claimed the push again.
    if sync is None or sync.lease_until != claimed.lease_until:
        return
    sync.started_at, sync.ended_at = outcome.started_at, outcome.ended_at
    sync.exit_status, sync.stderr = outcome.exit_status, outcome.stderr
    if outcome.failure is None:
        succeed(session, sync, claimed.addresses, rules)
    else:
        fail(session, sync, outcome.failure, rules)


def end_leases(session: Session, rules: Rules) -> None:
    """Make pushes of dead workers due again: when a lease has ended, its command has ended too."""
    for sync in session.scalars(
        select(Sync)
        .where(Sync.state == SyncState.RUNNING, Sync.lease_until < now())
        .with_for_update(skip_locked=True)
    ):
        fail(session, sync, Failure.WORKER_DIED, rules)
        sync.postpone(now())


def removes_too_many(session: Session, sync: Sync, addresses: FileIO, rules: Rules) -> bool:
    """Whether the push removes more addresses than the rules allow or a person has confirmed."""
    before = last_good(session, sync.list_id)
    if before is None or before.digest == sync.digest:
        return False
    removals = count_removals(session, sync.list_id, addresses)
    share = (before.addresses or 0) * rules.max_shrink // 100
    if removals <= max(MIN_REMOVALS_HELD - 1, share, sync.confirmed):
        return False
    sync.removals = removals
    return True


def hold_push(session: Session, sync: Sync, *, reported: int) -> None:
    """Hold the push until a person confirms it.

    Administrators are notified, unless as many removals were reported to them before.
    """
    sync.move(SyncState.HELD)
    assert sync.removals is not None
    if sync.removals <= reported:
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
    notify_administrators(
        session, LetterName.SYNC_HELD, of=Right.EDIT_LISTS, on=sync.mailing_list, **facts
    )


def succeed(session: Session, sync: Sync, addresses: FileIO, rules: Rules) -> None:
    """Record that the list server has these addresses, and store them for comparison."""
    before = last_good(session, sync.list_id)
    if before is None or before.digest != sync.digest:
        store_snapshot(session, sync.list_id, addresses)
    sync.failure = sync.removals = sync.lease_until = None
    sync.move(SyncState.DONE)
    note_event(
        session,
        EventKind.PUSH_DONE,
        f"list:{sync.list_id}",
        list_id=sync.list_id,
        addresses=sync.addresses,
    )
    # Changes that were committed while the command ran could not request another push.
    waiting = select(SubscriptionChange.id).where(
        SubscriptionChange.list_id == sync.list_id, SubscriptionChange.sync_id.is_(None)
    )
    if session.scalar(waiting.limit(1)) is not None:
        ask_for_push(session, [sync.list_id])
    if sync.failures >= rules.alert_after:
        report_failures(session, sync, LetterName.SYNC_RECOVERED)


def fail(session: Session, sync: Sync, failure: Failure, rules: Rules) -> None:
    """Make the push due again, later after each failure; report repeated failures once."""
    sync.failure, sync.lease_until = failure, None
    sync.failures += 1
    sync.move(SyncState.PENDING)
    sync.postpone(retry_at(sync.failures))
    facts = {"list_id": sync.list_id, "failure": failure.value, "failures": sync.failures}
    note_event(session, EventKind.PUSH_FAILED, f"list:{sync.list_id}", **facts)
    if sync.failures == rules.alert_after:
        report_failures(session, sync, LetterName.SYNC_FAILING)


def report_failures(session: Session, sync: Sync, letter: LetterName) -> None:
    """Notify the administrators that pushes of this list keep failing, or succeed again."""
    facts = {
        "list": sync.mailing_list.short_name,
        "list_name": sync.mailing_list.name,
        "failures": sync.failures,
        "failure": sync.failure,
        "exit_status": sync.exit_status,
        "stderr": sync.stderr,
    }
    notify_administrators(session, letter, of=Right.EDIT_LISTS, on=sync.mailing_list, **facts)
