"""Commands that go wrong: each is a failed push with its reason, and none keeps its worker."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic

import pytest

from models import Failure
from models.clock import now
from tests.waiting import wait_for
from tests.workflows.sync.commands import Machine, sleeping
from workflows.sync.command import STDERR_TAIL, run

MANY = [f"member{number:06}@example.org" for number in range(20_000)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("command", "failure", "status"),
    [
        ("false", Failure.EXIT_STATUS, 1),
        ("sh -c 'cat >/dev/null; exit 75'", Failure.EXIT_STATUS, 75),
        ("head -c 1", Failure.READ_TOO_LITTLE, 0),
        ("sh -c 'exec 0<&-'", Failure.READ_TOO_LITTLE, 0),
        ("true", Failure.READ_TOO_LITTLE, 0),
        ("cat /dev/stdin", Failure.READ_TOO_LITTLE, 0),
        ("no-program-of-this-name", Failure.NOT_FOUND, 127),
        ("/no/such/folder/program", Failure.NOT_FOUND, 127),
        ("/", Failure.NOT_EXECUTABLE, 126),
        ("/etc/passwd", Failure.NOT_EXECUTABLE, 126),
        ("sh -c 'cat >/dev/null; exit 127'", Failure.NOT_FOUND, 127),
    ],
)
def test_a_command_that_fails_says_why(
    machine: Machine, command: str, failure: Failure, status: int
) -> None:
    outcome = machine.push(command, MANY)

    assert (outcome.failure, outcome.exit_status) == (failure, status)
    assert outcome.started_at <= outcome.ended_at


def test_a_command_that_was_killed_says_by_which_signal(machine: Machine) -> None:
    outcome = machine.push("sh -c 'cat >/dev/null; kill -9 $PPID'")

    assert (outcome.failure, outcome.exit_status) == (Failure.SIGNAL, -9)


def test_a_command_that_takes_too_long_ends_with_all_it_has_started(machine: Machine) -> None:
    commands = [
        "sleep 731",
        "sh -c 'trap \"\" TERM; while :; do sleep 731; done'",
        "sh -c '(trap \"\" TERM; exec sleep 731) & exec sleep 731'",
        "sh -c '(trap \"\" TERM HUP INT; exec sleep 731) & wait'",
        "setsid sleep 731",
        "sh -c 'setsid sh -c \"setsid sleep 731 & exec sleep 731\" & exec sleep 731'",
        "sh -c 'yes'",
    ]
    # Each has a number of its own, also among the processes that run tests at the same time.
    numbers = [f"731.{os.getpid()}{n}" for n in range(len(commands))]

    def push(command: str, seconds: str) -> tuple[Failure | None, bool]:
        began = monotonic()
        outcome = machine.push(command.replace("731", seconds), MANY, limit=1)
        return outcome.failure, 1 <= monotonic() - began < 30

    with ThreadPoolExecutor(len(commands)) as at_once:
        pushes = list(at_once.map(push, commands, numbers))

    assert pushes == [(Failure.TOOK_TOO_LONG, True)] * len(commands)
    wait_for("their end", lambda: not any(map(sleeping, numbers)))


@pytest.mark.parametrize("daemon", ['trap "" TERM; exec', "exec setsid", "exec nohup setsid -f"])
def test_the_children_of_a_command_end_with_it(machine: Machine, daemon: str) -> None:
    seconds = f"732.{os.getpid()}"
    outcome = machine.push(f"sh -c 'cat >/dev/null; ({daemon} sleep {seconds}) & sleep 0.2'")

    assert outcome.failure is None
    wait_for("its end", lambda: not sleeping(seconds))


def test_a_command_that_fills_the_disk_with_what_it_says_is_ended(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.sync.command.STDERR_LIMIT", 1_000_000)

    outcome = machine.push("sh -c 'trap \"\" TERM; yes no >&2'", limit=30)

    assert outcome.failure is Failure.SAID_TOO_MUCH
    assert outcome.ended_at - outcome.started_at < timedelta(seconds=15)
    assert "no\nno\n" in outcome.stderr
    assert len(outcome.stderr) == STDERR_TAIL


def test_a_worker_that_slept_through_its_lease_starts_nothing(machine: Machine) -> None:
    touch = machine.folder / "touched"
    with TemporaryFile(buffering=0) as addresses:
        outcome = run(
            ["touch", str(touch)],
            addresses,
            limit=timedelta(seconds=5),
            not_after=now() - timedelta(seconds=1),
            environment=machine.environment,
        )

    assert (outcome.failure, outcome.exit_status) == (Failure.STARTED_TOO_LATE, None)
    assert not touch.exists()


def test_without_timeout_nothing_is_started(machine: Machine) -> None:
    machine.environment["PATH"] = str(machine.folder / "bin")

    outcome = machine.push("/bin/true")

    assert (outcome.failure, outcome.exit_status) == (Failure.NOT_STARTED, 125)
    assert outcome.stderr == "timeout: No such file or directory\n"


def test_a_command_that_the_system_cannot_start_says_why(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")

    outcome = machine.push("/bin/true")

    assert (outcome.failure, outcome.exit_status) == (Failure.NOT_STARTED, None)
    assert outcome.stderr == "/nonexistent/python: No such file or directory"


def test_a_failed_command_is_distinguished_from_its_time_limit(machine: Machine) -> None:
    # 124 is what `timeout` would answer, and 137 what a shell says of a killed program.
    outcomes = [machine.push(f"sh -c 'cat >/dev/null; exit {status}'") for status in (124, 137)]

    assert {outcome.failure for outcome in outcomes} == {Failure.EXIT_STATUS}
