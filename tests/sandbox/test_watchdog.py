"""However the owner of a server ends, no process and no folder is left."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from sandbox.valkey import Valkey
from tests.sandbox.machine import CHECKOUT, MACHINE, wait_until_gone
from tests.waiting import wait_for

# Prints the folders of its servers, and sleeps.
OWNER = """
import json, os, time
from sandbox.servers import servers
with servers({"PATH": os.environ["PATH"]}) as ours:
    print(json.dumps([str(ours.postgres.folder), str(ours.valkey.folder)]), flush=True)
    time.sleep(60)
"""


def test_no_signal_to_the_owner_leaves_a_process_or_a_folder() -> None:
    signals = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
    with ExitStack() as stack:
        owners = {sign: stack.enter_context(owner_of_servers()) for sign in signals}
        folders = {sign: folders_of(owners[sign]) for sign in signals}
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
    owner = owner_of_servers(TMPDIR=str(open_folder))
    with owner:
        wait_for("the folder", lambda: any(open_folder.glob("*/cluster/data/base")))
        owner.kill()

    wait_for("its removal", lambda: not any(open_folder.iterdir()))


def owner_of_servers(**environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=CHECKOUT,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the traceback of Ctrl-C
        text=True,
        start_new_session=True,
    )


def folders_of(owner: subprocess.Popen[str]) -> list[Path]:
    assert owner.stdout
    return [Path(name) for name in json.loads(owner.stdout.readline())]


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
