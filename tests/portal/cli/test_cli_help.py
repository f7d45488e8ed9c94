"""The help of every command."""

import re
from importlib import import_module

import pytest
from typer.main import get_group

from models import database
from portal.cli import COMMANDS as TABLE
from portal.cli import imported
from tests.builders import listgate
from tests.portal.cli.commands import COMMANDS

GROUPS = [path for path, command in COMMANDS.items() if hasattr(command, "commands")]


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every connection to the database fail."""
    monkeypatch.setattr(database.engine, "connect", None)
    monkeypatch.setattr(database.engine, "begin", None)


def test_the_table_quotes_the_help_of_each_command() -> None:
    quoted = {name: (entry.help, entry.hidden) for name, entry in TABLE.items()}
    said = {name: (imported(name).help.splitlines()[0], imported(name).hidden) for name in TABLE}

    assert quoted == said


def test_every_command_of_a_module_is_in_the_table() -> None:
    modules = {entry.module for entry in TABLE.values()}
    found = {
        name: module
        for module in modules
        for name in get_group(import_module(f"portal.cli.{module}").app).commands
    }

    assert found == {name: entry.module for name, entry in TABLE.items()}


def test_every_command_argument_and_option_has_a_help_text() -> None:
    silent = [
        (*path, each.name)
        for path, command in COMMANDS.items()
        for each in (command, *command.params)
        if not (each.help or "").strip()
    ]

    assert silent == []


def test_no_option_is_hidden() -> None:
    assert [path for path, one in COMMANDS.items() for each in one.params if each.hidden] == []


@pytest.mark.usefixtures("no_database")
def test_help_names_every_option_and_needs_no_database() -> None:
    missing = []
    for name in TABLE:
        done = listgate(name, "--help")
        assert done.exit_code == 0, name
        options = [opt for each in COMMANDS[name,].params for opt in each.opts if opt[:2] == "--"]
        missing += [(name, option) for option in options if option not in done.stdout]

    assert missing == []


@pytest.mark.parametrize("path", GROUPS, ids=" ".join)
def test_a_group_that_lists_its_commands_forgets_none(path: tuple[str, ...]) -> None:
    group = COMMANDS[path]

    listed = re.fullmatch(r"[\w ]+: ([a-z-]+(?:, [a-z-]+)*)\.", group.help)

    if listed:
        assert set(listed[1].split(", ")) == set(group.commands)


def test_a_group_alone_shows_its_commands() -> None:
    shown: dict[tuple[str, ...], list[str]] = {
        (): [name for name, entry in TABLE.items() if not entry.hidden]
    }
    shown |= {path: list(COMMANDS[path].commands) for path in GROUPS}

    for path, names in shown.items():
        done = listgate(*path)
        assert done.exit_code == 2
        assert [name for name in names if name not in done.stdout] == []


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
