"""A command outlives its worker: it still sees every address, and still ends at its limit."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL
from time import monotonic, sleep

from sandbox.house import ROOT
from tests.workflows.test_list_server_failures import sleeping

MEMBERS = 200_000

WORKER = f"""
import os, sys
from datetime import timedelta
from tempfile import TemporaryFile
from models.clock import now
from workflows.list_server import run

with TemporaryFile(buffering=0) as addresses:
    addresses.write(b"".join(b"member%06d@example.org\\n" % n for n in range({MEMBERS})))
    run(sys.argv[1:], addresses, limit=timedelta(seconds=4),
        not_after=now() + timedelta(seconds=60), environment=dict(os.environ))
"""


def eventually(true: Callable[[], bool], *, within: float) -> bool:
    """Whether it becomes true in time."""
    deadline = monotonic() + within
    while not true():
        if monotonic() > deadline:
            return False
        sleep(0.05)
    return True


def test_a_command_sees_all_addresses_and_ends_in_time_though_its_worker_was_killed(
    tmp_path: Path,
) -> None:
    # It obeys no SIGTERM, and neither does what it starts.
    slow = (
        f'trap "" TERM; echo >{tmp_path}/began; sleep 1; wc -l >{tmp_path}/lines;'
        " (sleep 733) & sleep 734"
    )
    with subprocess.Popen([sys.executable, "-c", WORKER, "sh", "-c", slow], cwd=ROOT) as worker:
        assert eventually((tmp_path / "began").exists, within=20)
        os.kill(worker.pid, SIGKILL)

    assert eventually(lambda: bool(sleeping("733") and sleeping("734")), within=3)
    assert (tmp_path / "lines").read_text().split() == [str(MEMBERS)]
    assert eventually(lambda: not sleeping("733") and not sleeping("734"), within=10)
