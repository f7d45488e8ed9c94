"""docs/list-servers.md is correct: every command is accepted, runs, and does what the page says."""

import os
import re
from pathlib import Path

import pytest

from models import Failure
from settings.types import command, parse_json
from tests.deploy.list_server_page import COMMANDS, PAGE, SCRIPTS, example
from tests.workflows.sync.commands import THREE, Machine, pretend_ssh


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.environment["PATH"] = f"{tmp_path}/bin:{SCRIPTS}:{os.environ['PATH']}"
    pretend_ssh(machine)
    return machine


def here(machine: Machine, text: str, *folders: str) -> str:
    """Return the command with the test's folder instead of the operator's."""
    for folder in folders:
        text = text.replace(folder, str(machine.lists))
    return text


@pytest.mark.parametrize("text", COMMANDS)
def test_every_command_in_the_page_is_accepted(text: str) -> None:
    assert command(text) == text


def test_the_page_has_every_supported_list_server() -> None:
    for word in ("tee /etc/lists", "ssh coin@", "mailman syncmembers", "sympa include", "mlmmj"):
        assert any(word in text for text in COMMANDS)
    assert any(text.startswith("put-list https://") for text in COMMANDS)


def test_the_commands_of_some_lists_are_json() -> None:
    (some,) = re.findall(r"^MAILLIST_SYNC_COMMANDS=(.+)$", PAGE, re.MULTILINE)

    assert parse_json("{}")(some) == {"board": "tee /etc/lists/board.private"}


def test_every_script_is_in_the_page_and_can_be_run() -> None:
    scripts = [path for path in SCRIPTS.iterdir() if path.is_file()]

    assert len(scripts) == 4
    assert all(f"`{path.name}`" in PAGE or f"/{path.name} " in PAGE for path in scripts)
    assert all(os.access(path, os.X_OK) for path in scripts)


@pytest.mark.parametrize("words", [("write-list",), ("cat >/etc/lists",)])
def test_a_file_is_replaced(machine: Machine, words: tuple[str]) -> None:
    text = here(machine, example(*words), "/srv/lists", "/etc/lists")

    for addresses in (THREE, []):
        assert machine.push(text, addresses).failure is None
        assert (machine.lists / "announce").read_text().splitlines() == addresses
    assert [path.name for path in machine.lists.iterdir()] == ["announce"]


def test_a_broken_connection_leaves_the_old_list(machine: Machine) -> None:
    text = here(machine, example("cat >/etc/lists"), "/etc/lists")
    machine.push(text)
    machine.program("ssh", 'shift; head -c 20 | /bin/sh -c "$*"; exit 255\n')

    outcome = machine.push(text, ["ada@example.org", "eve@example.org"])

    assert (outcome.failure, outcome.exit_status) == (Failure.EXIT_STATUS, 255)
    assert (machine.lists / "announce").read_text().splitlines() == THREE


def test_a_key_may_do_one_thing_only(machine: Machine) -> None:
    (forced,) = re.findall(r'^command="/usr/local/bin/(.+?)",restrict ', PAGE, re.MULTILINE)
    forced = here(machine, forced, "/etc/lists")
    # As sshd does: the forced command runs, with the request in the environment.
    machine.program(
        "ssh",
        '[ "$1" = -n ] && { shift; exec </dev/null; }\n'
        f'SSH_ORIGINAL_COMMAND="$2" exec {forced}\n',
    )

    outcome = machine.push(example("receive {short_name}"))

    assert outcome.failure is None
    assert (machine.lists / "announce").read_text().splitlines() == THREE
    for asked in ("receive ../passwd", "receive a..b", "", "install a; sh"):
        refused = machine.push(f"ssh host '{asked}'")
        assert (refused.exit_status, refused.stderr) == (
            1,
            "Usage: receive NAME | install NAME\n",
        )
    assert [path.name for path in machine.lists.iterdir()] == ["announce"]


def test_mailman_is_called_as_its_manual_says(machine: Machine) -> None:
    machine.program("mailman", f"exec cat >{machine.lists}/members\n")

    outcome = machine.push(example("mailman"))

    assert outcome.failure is None
    assert machine.calls() == [
        [
            "syncmembers",
            "--no-welcome-msg",
            "--no-goodbye-msg",
            "--no-admin-notify",
            "-",
            "announce@lists.example.org",
        ]
    ]
    assert (machine.lists / "members").read_text().splitlines() == THREE


def test_sympa_is_called_after_its_file_is_written(machine: Machine) -> None:
    machine.program("sympa", f"cp {machine.lists}/announce {machine.lists}/included\n")

    outcome = machine.push(here(machine, example("sympa include"), "/var/lib/sympa/listgate"))

    assert outcome.failure is None
    assert ["include", "announce@lists.example.org"] in machine.calls()
    assert (machine.lists / "included").read_text().splitlines() == THREE


def test_mlmmj_has_a_file_per_letter(machine: Machine) -> None:
    subscribers = machine.lists / "announce" / "subscribers.d"
    subscribers.mkdir(parents=True)
    text = here(machine, example("mlmmj-members"), "/var/spool/mlmmj")

    machine.push(text, ["Ada@example.org", "adele@example.org", "émile@example.org"])
    (subscribers / ".a.lock").touch()
    outcome = machine.push(text, ["/odd@example.org", "barbara@example.org", "émile@example.org"])

    assert outcome.failure is None
    assert {path.name: path.read_text().splitlines() for path in subscribers.iterdir()} == {
        ".a.lock": [],
        "_": ["/odd@example.org"],
        "b": ["barbara@example.org"],
        "é": ["émile@example.org"],
    }
    assert [path.name for path in subscribers.parent.iterdir()] == ["subscribers.d"]


def test_a_folder_that_is_not_mlmmjs_is_not_changed(machine: Machine) -> None:
    outcome = machine.push(here(machine, example("mlmmj-members"), "/var/spool/mlmmj"))

    assert (outcome.failure, outcome.exit_status) == (Failure.EXIT_STATUS, 1)
    assert "is not the folder of an mlmmj list" in outcome.stderr
