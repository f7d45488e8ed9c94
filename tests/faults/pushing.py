"""A running stack that pushes its list to a list server, which logs what it receives."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import psutil
import pytest

from models import Door
from settings import settings
from tests.faults.live import LiveStack
from tests.faults.shared import SYNC_QUIET
from tests.nodes import Worker
from tests.waiting import wait_for
from tests.workflows.sync.pushing import crowd
from workflows import access, outbox
from workflows.celery import app
from workflows.subscriptions.subscribe import subscribe
from workflows.transaction import transaction

Found = TypeVar("Found")

UNPUSHED: Final = """
    select count(*) from subscription_change c left join sync s on s.id = c.sync_id
    where s.state is distinct from 'done'
"""

MEMBERS: Final = """
    select address from "user" join subscription on id = user_id
    where disabled_at is null order by address collate "C"
"""

# The push that waits because the test has locked a table.
WAITING_PUSH: Final = """
    select 1 from pg_stat_activity where datname = current_database()
    and wait_event_type = 'Lock' and query ilike '%copy%'
"""


@dataclass
class PushingStack:
    """A running installation, and the folder in which the list server has its lists and its log."""

    live: LiveStack
    folder: Path

    @property
    def worker(self) -> Worker:
        return self.live.worker

    def block(self, *points: str) -> None:
        """Make commands wait at these points of `taking.py`."""
        for point in points:
            (self.folder / point).touch()

    def unblock(self, *points: str) -> None:
        """Let commands continue."""
        for point in points:
            (self.folder / point).unlink(missing_ok=True)

    def logged(self, event: str) -> list[str]:
        """Return the details of these events in the log of the list server."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.removeprefix(f"{event} ") for line in lines if line.startswith(f"{event} ")]

    def add_members(self, size: int) -> None:
        """Add people to the list without a SubscriptionChange."""
        with transaction() as session:
            crowd(session, self.live.people, size)

    def subscribe(self, first_name: str) -> None:
        """Subscribe a user of the cast."""
        with transaction() as session:
            actor = access.actor_with_address(session, f"{first_name}@example.org", Door.PORTAL)
            announce = self.live.people.announce
            assert subscribe(session, actor.person, announce, actor=actor)

    def sweep_until(
        self, what: str, look: Callable[[], Found], *, enough: Callable[[Found], object] = bool
    ) -> Found:
        """Call `look` until its result is `enough`; restart an ended worker and sweep meanwhile."""

        def sweep_and_look() -> Found:
            self.worker.start()
            self.live.sweep()
            time.sleep(0.5)
            return look()

        # Longer than a lease and the pushes before and after it, on a busy machine.
        return wait_for(what, sweep_and_look, enough=enough, within=120)

    def wait_for_a_command(self) -> psutil.Process:
        """Sweep until the first command reads, and return its process."""
        return psutil.Process(int(self.sweep_until("a command", lambda: self.logged("reads"))[0]))

    def running_task(self) -> str:
        """Return the id of the task whose command is running; a second task for it ends at once."""

        def look() -> list[str]:
            # The limit ends the wait as soon as the one worker has answered.
            active = app.control.inspect(timeout=5, limit=1).active() or {}
            tasks = [task for each in active.values() for task in each]
            return [task["id"] for task in tasks if task["name"] == "sync.push"]

        (task,) = wait_for("one push to run", look, enough=lambda found: len(found) == 1)
        return task

    def age_by_an_hour(self) -> None:
        """Make every push due, also a published one, and the last change an old one."""
        hour = "interval '1 hour'"
        self.live.sql(f"update subscription_change set at = at - {hour}")
        self.live.sql(f"update sync set due_at = due_at - {hour}, ring_at = ring_at - {hour}")

    def end_the_lease(self) -> None:
        """End the lease of a dead worker; its command must have ended."""
        assert len(self.logged("ends")) == len(self.logged("reads"))
        self.live.sql("update sync set lease_until = now() where state = 'running'")

    def assert_converges(self) -> None:
        """Sweep until the list server has what the database has; no two commands ran at once."""
        self.sweep_until(
            "every change to be pushed",
            lambda: self.live.sql(UNPUSHED),
            enough=lambda found: found == [(0,)],
        )
        members = [address for (address,) in self.live.sql(MEMBERS)]
        assert (self.folder / "announce").read_text().splitlines() == members
        assert self.live.states("sync").keys() == {"done"}
        assert self.logged("concurrent") == []


@pytest.fixture
def pushing(
    live: LiveStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PushingStack]:
    """A running installation with a new worker, and a list server of this test's own."""
    # Drop what the last test has left, so that only a sweep publishes the first push.
    live.setup.broker.container.client.flushdb()
    quick = settings.model_copy(update={"sync_quiet": SYNC_QUIET})
    monkeypatch.setattr(outbox, "settings", quick)
    live.shared.use_list_server(tmp_path)
    live.worker.start()
    stack = PushingStack(live, tmp_path)
    yield stack
    stack.unblock("wait", "linger")
