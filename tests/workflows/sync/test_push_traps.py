"""The three traps of a push: each catches a naive scheme, written here, and does not catch ours."""

import os
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryFile
from typing import Protocol

import pytest
from sqlalchemy import Engine, text

from models import Actor, Door
from models.clock import now
from tests.builders import Cast
from tests.fork_server import forked_code
from tests.sandbox.machine import has_ended, wait_until_gone
from tests.waiting import wait_for
from tests.workflows.sync.commands import sleeping
from tests.workflows.sync.pushing import RULES, asked, settled
from workflows.subscriptions.subscribe import subscribe
from workflows.sync.command import Outcome
from workflows.sync.push import claim_push, end_leases, finish_push
from workflows.sync.snapshot import lines, read_addresses
from workflows.transaction import transaction

MEMBERS = 20_000  # more lines than a pipe holds


# -- a change that commits while a push has read -----------------------------------------------


def nothing() -> None:
    """Do nothing meanwhile."""


class Scheme(Protocol):
    """A way to push changes."""

    server: list[bytes]

    def join(self, first_name: str) -> None:
        """Subscribe a user."""

    def push(self, meanwhile: Callable[[], None] = nothing) -> bool:
        """Push if that is asked for; `meanwhile` happens when the addresses are read."""


class OneRowPerList:
    """Naive: one row for the push of a list; every change of the list ensures that it exists.

    `ON CONFLICT DO NOTHING` finds the row of the push that has already read.
    """

    def __init__(self, own_database: Engine, people: Cast) -> None:
        self.database, self.people, self.server = own_database, people, list[bytes]()
        with own_database.begin() as connection:
            connection.execute(text("drop table if exists pending"))
            connection.execute(text("create table pending (list_id bigint primary key)"))

    def join(self, first_name: str) -> None:
        user, announce = getattr(self.people, first_name), self.people.announce
        with self.database.begin() as connection:
            connection.execute(
                text("insert into subscription values (:list, :user, now())"),
                {"list": announce.id, "user": user.id},
            )
            ask = "insert into pending values (:list) on conflict do nothing"
            connection.execute(text(ask), {"list": announce.id})

    def push(self, meanwhile: Callable[[], None] = nothing) -> bool:
        with transaction() as session, TemporaryFile(buffering=0) as addresses:
            if session.scalar(text("select 1 from pending for update")) is None:
                return False
            read_addresses(session, self.people.announce, addresses)
            meanwhile()
            self.server = list(lines(addresses))
            session.execute(text("delete from pending"))
        return True


class Ours:
    """The journal, and a push that claims what it sees of it."""

    def __init__(self, _house: Engine, people: Cast) -> None:
        self.people, self.server = people, list[bytes]()

    def join(self, first_name: str) -> None:
        user = getattr(self.people, first_name)
        with transaction() as session:
            subscribe(session, user, self.people.announce, actor=Actor(user, Door.PORTAL))

    def push(self, meanwhile: Callable[[], None] = nothing) -> bool:
        with transaction() as session:
            waiting = settled(session, self.people.announce)
        if waiting is None:
            return False
        with TemporaryFile(buffering=0) as addresses:
            with transaction() as session:
                claimed = claim_push(session, waiting.id, addresses, RULES)
            assert claimed
            meanwhile()
            self.server = list(lines(addresses))
            with transaction() as session:
                finish_push(session, claimed, Outcome(None, 0, "", now(), now()), RULES)
        return True


@pytest.mark.parametrize(("kind", "pushes_her"), [(OneRowPerList, False), (Ours, True)])
def test_only_our_push_covers_a_member_who_joins_after_the_read(
    own_database: Engine,
    committed_cast: Cast,
    kind: Callable[[Engine, Cast], Scheme],
    pushes_her: bool,
) -> None:
    scheme = kind(own_database, committed_cast)
    scheme.join("ada")

    assert scheme.push(meanwhile=lambda: scheme.join("grace"))
    while scheme.push():
        """Push until no push is pending."""

    assert b"ada@example.org\n" in scheme.server
    assert (b"grace@example.org\n" in scheme.server) == pushes_her


# -- a worker that is killed while its command reads -------------------------------------------

LINES = f'[b"member%06d@example.org\\n" % n for n in range({MEMBERS})]'

PIPE = f"""
import subprocess, sys
command = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)
command.stdin.writelines({LINES})
command.communicate()
"""

FILE = f"""
import os, sys
from datetime import timedelta
from tempfile import TemporaryFile
from models.clock import now
from workflows.sync.command import run

with TemporaryFile(buffering=0) as addresses:
    addresses.write(b"".join({LINES}))
    run(sys.argv[1:], addresses, limit=timedelta(seconds=20),
        not_after=now() + timedelta(seconds=60), environment=dict(os.environ))
"""


@pytest.mark.parametrize(("program", "sees_all"), [(PIPE, False), (FILE, True)])
def test_a_command_whose_worker_is_killed_takes_a_part_for_all_only_from_a_pipe(
    tmp_path: Path, program: str, sees_all: bool
) -> None:
    counts = (
        f"echo >{tmp_path}/began; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done;"
        f" wc -l >{tmp_path}/part && mv {tmp_path}/part {tmp_path}/lines"
    )
    with forked_code(program, "sh", "-c", counts) as killed:
        wait_for("the command", (tmp_path / "began").exists)
        killed.send_signal(SIGKILL)
    (tmp_path / "go").touch()

    # The count is there only if the command believes that it has succeeded.
    wait_for("its count", (tmp_path / "lines").exists)
    assert (int((tmp_path / "lines").read_text()) == MEMBERS) == sees_all


# -- a command that outlives its worker --------------------------------------------------------

LOCK = """
import fcntl, subprocess, sys
with open(sys.argv[1], "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)  # The system lets go of it when this process dies.
    subprocess.run(sys.argv[2:], start_new_session=True)
"""

LEASE = "import sys; from workflows.tasks import push; push(int(sys.argv[1]))"


def test_a_lock_that_ends_with_its_worker_allows_a_second_command(tmp_path: Path) -> None:
    lock, seconds = str(tmp_path / "lock"), f"735.{os.getpid()}"
    with forked_code(LOCK, lock, "sleep", seconds) as killed:
        wait_for("the command", lambda: sleeping(seconds))
        killed.send_signal(SIGKILL)

    with forked_code(LOCK, lock, "sleep", seconds) as second:
        both = wait_for("both", lambda: sleeping(seconds), enough=lambda found: len(found) == 2)
        for process in both:
            process.kill()
        second.send_signal(SIGKILL)


def test_a_lease_outlasts_the_command_of_a_killed_worker(
    own_database: Engine, committed_cast: Cast
) -> None:
    with transaction() as session:
        sync_id = asked(session, committed_cast.announce).id
    url = own_database.url.render_as_string(hide_password=False)
    seconds = f"736.{os.getpid()}"
    environment = {
        "DATABASE_URL": url,
        "MAILLIST_SYNC_COMMAND": f"sleep {seconds}",
        "SYNC_TIMEOUT": "6s",
    }
    with forked_code(LEASE, str(sync_id), **environment) as killed:
        (command,) = wait_for("the command", lambda: sleeping(seconds))
        killed.send_signal(SIGKILL)

    while_it_runs = (may_start(sync_id), not has_ended(command))
    wait_until_gone([command])
    when_it_is_gone = may_start(sync_id)
    with own_database.begin() as connection:
        assert connection.scalar(text("select now() < lease_until from sync"))
        connection.execute(text("update sync set lease_until = now()"))

    assert while_it_runs == (False, True)
    assert not when_it_is_gone
    assert may_start(sync_id)


def may_start(sync_id: int) -> bool:
    """Whether a second worker starts the command, after a look at what dead ones left behind."""
    with transaction() as session:
        end_leases(session, RULES)
    with transaction() as session, TemporaryFile(buffering=0) as addresses:
        return claim_push(session, sync_id, addresses, RULES) is not None
