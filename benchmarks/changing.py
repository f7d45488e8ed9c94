"""Subscribe users to one list from eight processes at once, compared with plain INSERTs.

Plain is a transaction of SQLAlchemy Core that inserts into `subscription` and
`subscription_change`: no check of rights, no audit log, no task.
"""

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Final

from sqlalchemy import func, insert, select

from benchmarks.measuring import ROUNDS, in_turn, seconds
from benchmarks.results import Measured, report
from benchmarks.seeding import seed_list, seed_people, settle
from models import (
    Actor,
    Change,
    Door,
    MailingList,
    Subscription,
    SubscriptionChange,
    Sync,
    SyncState,
    User,
)
from models.clock import now
from models.database import engine
from sandbox.commands import celery
from sandbox.programs import Program
from workflows.lists import lists
from workflows.subscriptions.subscribe import subscribe
from workflows.transaction import transaction

CHANGES: Final = 10_000
PROCESSES: Final = 8
GOAL: Final = 2.0
PUSHES_GOAL: Final = 2

# Seconds for eight processes to start, or for the last of them to end.
TIMEOUT: Final = 300.0


def main() -> None:
    """Run the benchmark and report the results."""
    seed_people(CHANGES)
    with a_worker():
        ours, bare = in_turn(
            partial(at_once, subscribe_one, "ours"), partial(at_once, insert_rows, "bare")
        )
        counts = [pushes_of(f"ours{number}") for number in range(ROUNDS)]
    report(
        Measured(f"a change, of {CHANGES:,} from {PROCESSES} processes", ours, bare, "ms", GOAL),
        Measured("pushes of these changes", median(counts), None, "pushes", PUSHES_GOAL),
    )


@contextmanager
def a_worker() -> Iterator[None]:
    """Run a worker that pushes, as in production."""
    command = celery("worker", "--queues=sync", "--concurrency=1")
    with (
        tempfile.TemporaryDirectory() as folder,
        Program(command, os.environ, Path(folder, "worker.log"), ready="ready.") as worker,
    ):
        worker.wait_until_ready()
        yield


def at_once(change: Callable[[int, int], None], name: str, number: int) -> float:
    """Run `change` in all processes at once; return the milliseconds per change."""
    seed_list(f"{name}{number}", every=CHANGES + 1)
    settle()
    with transaction() as session:
        list_id = lists.list_named(session, f"{name}{number}").id
    start = multiprocessing.get_context("spawn")
    together = start.Barrier(PROCESSES + 1, timeout=TIMEOUT)
    processes = [
        start.Process(
            target=a_share,
            args=(change, list_id, share),
            kwargs={"together": together},
            daemon=True,
        )
        for share in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    together.wait()
    return seconds(together.wait) / CHANGES * 1000


def a_share(
    change: Callable[[int, int], None], list_id: int, share: int, *, together: Barrier
) -> None:
    """Do every eighth change, once all processes are connected."""
    with engine.connect():
        together.wait()
    for user_id in range(share + 1, CHANGES + 1, PROCESSES):
        change(list_id, user_id)
    together.wait()


def subscribe_one(list_id: int, user_id: int) -> None:
    """Subscribe by Listgate's verb."""
    with transaction() as session:
        both = select(User, MailingList).join(MailingList, MailingList.id == list_id)
        user, mailing_list = session.execute(both.where(User.id == user_id)).one()
        assert subscribe(session, user, mailing_list, actor=Actor(user, Door.PORTAL))


def insert_rows(list_id: int, user_id: int) -> None:
    """Insert the two rows."""
    row = {"list_id": list_id, "user_id": user_id}
    with engine.begin() as connection:
        connection.execute(insert(Subscription).values(since=now(), **row))
        connection.execute(
            insert(SubscriptionChange).values(
                change=Change.JOINED, by_id=user_id, via=Door.PORTAL, at=now(), **row
            )
        )


def pushes_of(name: str) -> int:
    """Wait until every change is pushed, and return the number of pushes."""
    with transaction() as session:
        list_id = lists.list_named(session, name).id
    deadline = time.monotonic() + TIMEOUT
    while waiting(list_id):
        assert time.monotonic() < deadline, "the worker does not push"
        time.sleep(0.1)
    with transaction() as session:
        done = session.scalars(select(Sync.addresses).where(Sync.list_id == list_id)).all()
    assert CHANGES in done, "the last push has every subscriber"
    return len(done)


def waiting(list_id: int) -> bool:
    """Whether a change is not pushed, or a push is not done."""
    unpushed = select(func.count()).where(
        SubscriptionChange.list_id == list_id, SubscriptionChange.sync_id.is_(None)
    )
    undone = select(func.count()).where(Sync.list_id == list_id, Sync.state != SyncState.DONE)
    with transaction() as session:
        return bool(session.scalar(unpushed) or session.scalar(undone))


if __name__ == "__main__":
    main()
