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
from tests.faults.live import LiveStack, wait_for
from tests.faults.shared import SYNC_QUIET
from tests.nodes import Worker
from tests.workflows.sync.pushing import crowd
from workflows import access, outbox
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

# The worker that has claimed a push, and waits for a table that somebody else has locked.
WAITS: Final = """
    select 1 from pg_stat_activity where datname = current_database()
    and wait_event_type = 'Lock' and query ilike '%copy%'
"""


@dataclass
class PushingStack:
    """The stack, its worker, and the folder where the list server keeps lists and log."""

    live: LiveStack
    folder: Path

    @property
    def worker(self) -> Worker:
        return self.live.worker

    def hold(self, *signs: str) -> None:
        """Have commands stop where they look for these signs."""
        for sign in signs:
            (self.folder / sign).touch()

    def let_go(self, *signs: str) -> None:
        """Have commands go on."""
        for sign in signs:
            (self.folder / sign).unlink(missing_ok=True)

    def noted(self, what: str) -> list[str]:
        """What commands have noted of this kind."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.removeprefix(f"{what} ") for line in lines if line.startswith(f"{what} ")]

    def crowd(self, size: int) -> None:
        """Put so many more people on the list; nobody is told."""
        with transaction() as session:
            crowd(session, self.live.people, size)

    def join(self, first_name: str) -> None:
        """Have one of the cast subscribe."""
        with transaction() as session:
            actor = access.actor_with_address(session, f"{first_name}@example.org", Door.PORTAL)
            announce = self.live.people.announce
            assert subscribe(session, actor.person, announce, actor=actor)

    def swept_until(
        self, what: str, look: Callable[[], Found], *, enough: Callable[[Found], object] = bool
    ) -> Found:
        """Look until it is enough, with a worker that is supervised and sweeps that come often."""

        def sweep_and_look() -> Found:
            self.worker.start()
            self.live.sweep()
            time.sleep(0.5)
            return look()

        # Longer than a lease and the pushes before and after it, on a busy machine.
        return wait_for(what, sweep_and_look, enough=enough, within=120)

    def wait_for_a_command(self) -> psutil.Process:
        """Wait until the first command reads."""
        return psutil.Process(int(self.swept_until("a command", lambda: self.noted("reads"))[0]))

    def time_passes(self) -> None:
        """Whatever was put off, or published in vain, is due."""
        hour = "interval '1 hour'"
        self.live.sql(f"update sync set due_at = due_at - {hour}, ring_at = ring_at - {hour}")

    def the_lease_ends(self) -> None:
        """Let the time pass that a dead worker's command had left; it must be gone by now."""
        assert len(self.noted("ends")) == len(self.noted("reads"))
        self.live.sql("update sync set lease_until = now() where state = 'running'")

    def assert_converges(self) -> None:
        """All by itself the list server gets what the database has, and never two at once."""
        self.swept_until(
            "every change to be pushed",
            lambda: self.live.sql(UNPUSHED),
            enough=lambda found: found == [(0,)],
        )
        members = [address for (address,) in self.live.sql(MEMBERS)]
        assert (self.folder / "announce").read_text().splitlines() == members
        assert self.live.states("sync").keys() == {"done"}
        assert self.noted("beside") == []


def is_gone(process: psutil.Process) -> bool:
    """Whether it runs no more; nobody may have asked yet how it ended."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def pushing(
    live: LiveStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PushingStack]:
    """A stack with a worker that has just started, and a list server of this test's own."""
    # The cast's subscriptions were published: the first push is the first sweep's.
    live.setup.broker.container.client.flushdb()
    quick = settings.model_copy(update={"sync_quiet": SYNC_QUIET})
    monkeypatch.setattr(outbox, "settings", quick)
    live.shared.use_list_server(tmp_path)
    live.worker.start()
    stack = PushingStack(live, tmp_path)
    yield stack
    stack.let_go("wait", "linger")
