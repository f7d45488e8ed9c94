"""The runbook is correct: its commands exist, and its examples are valid."""

import re

import pytest
import yaml
from typer.testing import CliRunner

import celeryconfig
from portal.cli import app
from settings import Settings
from tests.deploy.compose import RUNBOOK, complaints

# `listgate` and the words after it; not a user, a database or a folder of that name.
COMMANDS = sorted(set(re.findall(r"(?<![\w=-])listgate((?: [a-z]+(?:-[a-z]+)*)+)\b", RUNBOOK)))


def test_the_runbook_names_the_commands_an_operator_needs() -> None:
    assert {" doctor", " outbox", " timeline"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_the_runbook_exists(command: str) -> None:
    asked = CliRunner().invoke(app, [*command.split(), "--help"])

    assert asked.exit_code == 0, asked.output


def test_an_unknown_command_is_detected() -> None:
    assert CliRunner().invoke(app, ["prescribe", "--help"]).exit_code != 0


def test_the_compose_files_in_the_runbook_follow_the_specification() -> None:
    examples = re.findall(r"^```yaml\n(.*?)^```", RUNBOOK, re.MULTILINE | re.DOTALL)

    assert examples
    assert [complaints(yaml.safe_load(example)) for example in examples] == [[]] * len(examples)


def test_workers_that_share_queues_consume_all_of_them() -> None:
    taken = re.findall(r"--queues=(\w+(?:,\w+)*)", RUNBOOK)
    every = {queue.name for queue in celeryconfig.task_queues}

    assert {queue for queues in taken for queue in queues.split(",")} == every


def test_every_setting_of_pushes_is_in_the_runbook() -> None:
    of_pushes = [name for name in Settings.model_fields if name.startswith(("maillist", "sync_"))]

    assert len(of_pushes) == 8
    assert [name for name in of_pushes if f"`{name.upper()}`" not in RUNBOOK] == []


def test_the_runbook_warns_about_changes_on_the_list_server() -> None:
    assert "Managed lists are managed whole" in RUNBOOK
