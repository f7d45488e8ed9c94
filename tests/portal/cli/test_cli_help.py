"""Every command explains itself."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from models import database
from portal.cli import app
from tests.builders import listgate


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The command and all below it, each with the words one types."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from walk(below, (*path, name))


COMMANDS = dict(walk(get_command(app)))
GROUPS = [path for path, command in COMMANDS.items() if path and hasattr(command, "commands")]


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that nobody may ask."""
    monkeypatch.setattr(database.engine, "connect", None)
    monkeypatch.setattr(database.engine, "begin", None)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_argument_and_option_has_a_help_text(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]

    silent = [each.name for each in command.params if not (each.help or "").strip()]

    assert command.help.strip()
    assert silent == []


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
@pytest.mark.usefixtures("no_database")
def test_help_names_every_option_and_needs_no_database(path: tuple[str, ...]) -> None:
    done = listgate(*path, "--help")

    options = [name for each in COMMANDS[path].params for name in each.opts if name[:2] == "--"]
    assert done.exit_code == 0
    assert [name for name in options if name not in done.stdout] == []


@pytest.mark.parametrize("path", GROUPS, ids=" ".join)
def test_a_group_that_lists_its_commands_forgets_none(path: tuple[str, ...]) -> None:
    group = COMMANDS[path]

    listed = re.fullmatch(r"[\w ]+: ([a-z-]+(?:, [a-z-]+)*)\.", group.help)

    if listed:
        assert set(listed[1].split(", ")) == set(group.commands)


@pytest.mark.parametrize("path", [(), *GROUPS], ids=" ".join)
def test_a_group_alone_shows_its_commands(path: tuple[str, ...]) -> None:
    done = listgate(*path)

    shown = [name for name, each in COMMANDS[path].commands.items() if not each.hidden]
    assert done.exit_code == 2
    assert all(name in done.stdout for name in shown)


@pytest.mark.parametrize("word", ["submit", "lst", "--unknown"])
@pytest.mark.usefixtures("no_database")
def test_a_mistyped_command_leads_to_the_help(word: str) -> None:
    done = listgate(word)

    assert done.exit_code == 2
    assert "listgate --help" in done.stderr


def test_acting_commands_ask_who_acts() -> None:
    acting = [
        "message submit",
        "message hand-in",
        "recall",
        "decide",
        "withdraw",
    ]

    for words in acting:
        done = listgate(*words.split(), *["1"] * (words != "message submit"))
        assert done.exit_code == 2, words

    assert all(
        next(each for each in COMMANDS[tuple(words.split())].params if "--as" in each.opts).required
        for words in acting
    )
