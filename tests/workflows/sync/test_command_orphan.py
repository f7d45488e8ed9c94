"""A command outlives its worker: it still sees every address, and still ends at its limit."""

import os
from pathlib import Path
from signal import SIGKILL

from tests.fork_server import forked_code
from tests.sandbox.machine import wait_until_gone
from tests.waiting import wait_for
from tests.workflows.sync.commands import sleeping

MEMBERS = 200_000

WORKER = f"""
import os, sys
from datetime import timedelta
from tempfile import TemporaryFile
from models.clock import now
from workflows.sync.command import run

with TemporaryFile(buffering=0) as addresses:
    addresses.write(b"".join(b"member%06d@example.org\\n" % n for n in range({MEMBERS})))
    run(sys.argv[1:], addresses, limit=timedelta(seconds=4),
        not_after=now() + timedelta(seconds=60), environment=dict(os.environ))
"""


def test_a_command_sees_all_addresses_and_ends_in_time_though_its_worker_was_killed(
    tmp_path: Path,
) -> None:
    sleeps = [f"73{which}.{os.getpid()}" for which in (3, 4)]
    # It obeys no SIGTERM, and neither does what it starts.
    slow = (
        f'cd {tmp_path}; trap "" TERM; echo >began; until [ -e killed ]; do sleep 0.05; done;'
        f" wc -l >lines; (echo >started; exec setsid sleep {sleeps[0]}) & exec sleep {sleeps[1]}"
    )
    with forked_code(WORKER, "sh", "-c", slow) as worker:
        wait_for("the command", (tmp_path / "began").exists)
        worker.send_signal(SIGKILL)
    (tmp_path / "killed").touch()

    wait_for("its child", (tmp_path / "started").exists)
    assert (tmp_path / "lines").read_text().split() == [str(MEMBERS)]
    running = [process for each in sleeps for process in sleeping(each)]
    wait_until_gone(running)
    assert not any(map(sleeping, sleeps))
