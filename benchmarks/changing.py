"""Change one list from eight processes at once, against the bare insert of the two rows.

Bare is a transaction of SQLAlchemy Core with a row for `subscription` and one for
`subscription_change`: no rights, no audit trail, no outbox.
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
from benchmarks.results import Measured, hand_in
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
from sandbox.programs import program
from workflows.lists import lists
from workflows.subscriptions import subscribe as subscriptions
from workflows.transaction import transaction

CHANGES: Final = 10_000
PROCESSES: Final = 8
GOAL: Final = 2.0
PUSHES_GOAL: Final = 2

# Seconds to wait for eight processes to start, or for the last of them to be done.
PATIENCE: Final = 300.0


def main() -> None:
    """Measure it, and hand it in."""
    seed_people(CHANGES)
    with a_worker():
        ours, bare = in_turn(
            partial(at_once, subscribe, "ours"), partial(at_once, insert_rows, "bare")
        )
        counts = [pushes_of(f"ours{number}") for number in range(ROUNDS)]
    hand_in(
        Measured(f"a change, of {CHANGES:,} from {PROCESSES} processes", ours, bare, "ms", GOAL),
        Measured("pushes that came of them", median(counts), None, "pushes", PUSHES_GOAL),
    )


@contextmanager
def a_worker() -> Iterator[None]:
    """A worker that pushes, as it does beside the pages in production."""
    command = celery("worker", "--queues=sync", "--concurrency=1")
    with (
        tempfile.TemporaryDirectory() as folder,
        program(command, os.environ, Path(folder, "worker.log"), ready="ready.") as worker,
    ):
        worker.wait_until_ready()
        yield


def at_once(change: Callable[[int, int], None], name: str, number: int) -> float:
    """Have each of the processes do its share at the same moment; returns milliseconds each."""
    seed_list(f"{name}{number}", every=CHANGES + 1)
    settle()
    with transaction() as session:
        list_id = lists.list_named(session, f"{name}{number}").id
    start = multiprocessing.get_context("spawn")
    together = start.Barrier(PROCESSES + 1, timeout=PATIENCE)
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
    """Do every eighth change, once everybody is connected."""
    with engine.connect():
        together.wait()
    for user_id in range(share + 1, CHANGES + 1, PROCESSES):
        change(list_id, user_id)
    together.wait()


def subscribe(list_id: int, user_id: int) -> None:
    """A change by our verb."""
    with transaction() as session:
        both = select(User, MailingList).join(MailingList, MailingList.id == list_id)
        user, mailing_list = session.execute(both.where(User.id == user_id)).one()
        assert subscriptions.subscribe(session, user, mailing_list, actor=Actor(user, Door.PORTAL))


def insert_rows(list_id: int, user_id: int) -> None:
    """Do by hand what cannot be done with less."""
    row = {"list_id": list_id, "user_id": user_id}
    with engine.begin() as connection:
        connection.execute(insert(Subscription).values(since=now(), **row))
        connection.execute(
            insert(SubscriptionChange).values(
                change=Change.JOINED, by_id=user_id, via=Door.PORTAL, at=now(), **row
            )
        )


def pushes_of(name: str) -> int:
    """How many pushes of the list were done, once everything is pushed."""
    with transaction() as session:
        list_id = lists.list_named(session, name).id
    deadline = time.monotonic() + PATIENCE
    while waiting(list_id):
        assert time.monotonic() < deadline, "the worker does not push"
        time.sleep(0.1)
    with transaction() as session:
        done = session.scalars(select(Sync.addresses).where(Sync.list_id == list_id)).all()
    assert CHANGES in done, "the last push has everybody"
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
