"""However the owner of a server ends, no process and no folder is left."""

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from sandbox.valkey import Valkey
from tests.fork_server import forked_code
from tests.sandbox.machine import MACHINE, wait_until_gone
from tests.waiting import wait_for

# Writes the folders of its servers into a file, and sleeps.
OWNER = """
import os, sys, time
from pathlib import Path
from sandbox.servers import servers
with servers({"PATH": os.environ["PATH"]}) as ours:
    Path(sys.argv[1]).write_text(f"{ours.postgres.folder}\\n{ours.valkey.folder}\\n")
    time.sleep(60)
"""


def test_no_signal_to_the_owner_leaves_a_process_or_a_folder(tmp_path: Path) -> None:
    signals = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
    with ExitStack() as stack:
        files = {sign: tmp_path / sign.name for sign in signals}
        owners = {
            sign: stack.enter_context(forked_code(OWNER, str(file))) for sign, file in files.items()
        }
        folders = {sign: folders_in(file) for sign, file in files.items()}
        processes = {
            sign: psutil.Process(owner.pid).children(recursive=True)
            for sign, owner in owners.items()
        }
        for sign, owner in owners.items():
            os.killpg(owner.pid, sign)  # to the whole group, as a terminal does with Ctrl-C

    assert all(len(started) > 7 for started in processes.values())
    for sign in signals:
        wait_until_gone(processes[sign])
    assert [sign for sign in signals if any(path.exists() for path in folders[sign])] == []


def test_an_owner_killed_while_it_prepares_leaves_no_folder(open_folder: Path) -> None:
    with forked_code(OWNER, os.devnull, TMPDIR=str(open_folder)) as owner:
        wait_for("the folder", lambda: any(open_folder.glob("*/cluster/data/base")))
        owner.send_signal(signal.SIGKILL)

    wait_for("its removal", lambda: not any(open_folder.iterdir()))


def folders_in(file: Path) -> list[Path]:
    """Return what the owner has written once its servers run."""
    wait_for("the servers", lambda: file.exists() and file.read_text().count("\n") == 2)
    return [Path(line) for line in file.read_text().splitlines()]


def test_an_exception_in_the_block_leaves_no_folder() -> None:
    valkey = Valkey(MACHINE)

    with pytest.raises(ZeroDivisionError), valkey:
        raise ZeroDivisionError

    assert valkey.pid is None
    assert not valkey.folder.exists()


def test_a_forked_child_that_outlives_the_block_does_not_delay_its_end() -> None:
    with Valkey(MACHINE) as valkey:
        child = os.fork()
        if child == 0:
            time.sleep(20)
            os._exit(0)

    assert os.waitpid(child, os.WNOHANG) == (0, 0)
    assert not valkey.folder.exists()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_the_watchdog_ignores_signals() -> None:
    with Valkey(MACHINE) as valkey:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(valkey._watchdog._shell.pid, sign)

    assert not valkey.folder.exists()
