"""Which programs of a push are missing, and how that is said."""

import shutil
from pathlib import Path

import pytest

from tests.workflows.sync.commands import Machine
from workflows.sync.command import is_gnu_timeout, missing_programs


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_nothing_is_missing_where_everything_is(machine: Machine) -> None:
    machine.program("push", "exit 0\n")

    assert [*missing_programs({"MAILLIST_SYNC_COMMAND": "push {email}"}, machine.environment)] == []


def test_a_program_that_is_not_there_is_named_with_its_setting(machine: Machine) -> None:
    machine.program("asleep", "exit 0\n", mode=0o644)
    commands = {
        "MAILLIST_SYNC_COMMAND": "no-program-of-this-name {email}",
        "MAILLIST_SYNC_COMMANDS['board']": "asleep {email}",
        "MAILLIST_SYNC_COMMANDS['staff']": "/etc {email}",
    }

    found = [*missing_programs(commands, machine.environment)]

    assert [each.problem for each in found] == [
        "MAILLIST_SYNC_COMMAND runs no-program-of-this-name, which does not exist or is not "
        "executable",
        "MAILLIST_SYNC_COMMANDS['board'] runs asleep, which does not exist or is not executable",
        "MAILLIST_SYNC_COMMANDS['staff'] runs /etc, which does not exist or is not executable",
    ]
    assert "correct MAILLIST_SYNC_COMMAND" in found[0].fix


def test_only_the_path_of_the_command_counts(machine: Machine) -> None:
    bin_ = machine.folder / "bin"
    shutil.copy(shutil.which("timeout") or "", bin_)

    found = [*missing_programs({"MAILLIST_SYNC_COMMAND": "cat"}, {"PATH": str(bin_)})]

    assert len(found) == 1
    assert f"in a directory of PATH ({bin_})" in found[0].fix


def test_the_timeout_of_busybox_is_not_enough(machine: Machine) -> None:
    machine.program("timeout", "echo 'BusyBox v1.36.1 multi-call binary' >&2; exit 1\n")

    found = [*missing_programs({"MAILLIST_SYNC_COMMAND": "cat"}, machine.environment)]

    assert [each.problem for each in found] == [
        "there is no `timeout` of GNU coreutils, which limits the time of a command"
    ]


def test_a_broken_timeout_program_is_not_the_one_of_coreutils(machine: Machine) -> None:
    broken = machine.program("timeout", "")
    broken.write_text("#!/no/such/interpreter\n")

    assert not is_gnu_timeout(str(broken))
    assert not is_gnu_timeout(None)


def test_nothing_is_needed_where_nothing_is_pushed() -> None:
    assert [*missing_programs({}, {"PATH": "/nowhere"})] == []
