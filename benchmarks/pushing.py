"""Push a million addresses, compared with plain SQL and the same command.

Plain is a sorted COPY of the same join into a file, which the command then reads.
"""

import subprocess
import sys
from contextlib import closing
from functools import partial
from tempfile import TemporaryFile
from typing import Final

from benchmarks.measuring import ROUNDS, in_turn, seconds
from benchmarks.results import Measured, report
from benchmarks.seeding import order, seed_list, seed_people, settle
from models import Actor, Sync, SyncState
from models.database import engine
from sandbox.commands import ROOT
from workflows import tasks
from workflows.lists import lists
from workflows.sync.request import push_now
from workflows.transaction import transaction

PEOPLE: Final = 1_000_000
FEW: Final = 10_000
GOAL: Final = 1.5

# Members who leave before each push: too few for the push to be held.
CASES: Final = {"the first": 0, "the same again": 0, "after 10 changes": 10}

# The addresses alone take more, so a worker that holds all of them in memory misses the goal.
MEMORY_GOAL: Final = 16.0  # MB

COPY: Final = """
    copy (
        select u.address from subscription s
        join mailing_list l on l.id = s.list_id join "user" u on u.id = s.user_id
        where l.short_name = '{name}'
        order by u.address collate "C"
    ) to stdout
"""
LEAVE: Final = """
    delete from subscription s using mailing_list l
    where l.id = s.list_id and l.short_name = '{name}' and s.user_id in (
        select s.user_id from subscription s join mailing_list l on l.id = s.list_id
        where l.short_name = '{name}' order by hashint8(s.user_id) limit {count}
    )
"""


def main() -> None:
    """Run the benchmark and report the results."""
    seed_people(PEOPLE)
    for number in range(ROUNDS):
        seed_list(f"big{number}", every=1)
    seed_list("few", every=PEOPLE // FEW)
    settle()
    for case, leaving in CASES.items():
        ours, bare = in_turn(partial(push_one, leaving), copy_one)
        report(Measured(f"push of {PEOPLE:,} addresses, {case}", ours, bare, "s", GOAL))
    growth = peak("big0") - peak("few")
    report(
        Measured(f"memory for {PEOPLE:,} addresses beyond {FEW:,}", growth, None, "MB", MEMORY_GOAL)
    )


def push_one(leaving: int, number: int) -> float:
    """Push by Listgate's task."""
    name = f"big{number}"
    leave(name, leaving)
    return push(name)


def leave(name: str, count: int) -> None:
    """Remove some members from the list."""
    order(LEAVE.format(name=name, count=count))


def push(name: str) -> float:
    """Request a push, run its task and check the result; return the duration of the task."""
    with transaction() as session:
        asked = push_now(session, lists.list_named(session, name), actor=Actor.system())
        sync_id = asked.id
    taken = seconds(partial(tasks.push, sync_id))
    with transaction() as session:
        assert session.get_one(Sync, sync_id).state is SyncState.DONE
    return taken


def copy_one(number: int) -> float:
    """Copy the addresses into a file and run the command."""

    def bare() -> None:
        with TemporaryFile() as addresses:
            with engine.begin() as connection, closing(connection.connection.cursor()) as cursor:
                cursor.copy_expert(COPY.format(name=f"big{number}"), addresses)
            addresses.seek(0)
            subprocess.run(["sh", "-c", "cat > /dev/null"], stdin=addresses, check=True)

    return seconds(bare)


def peak(name: str) -> float:
    """Return the peak memory, in MB, of a process that pushes the list."""
    command = [sys.executable, "-m", "benchmarks.peak", name]
    return float(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


if __name__ == "__main__":
    main()
