"""Every command of `listgate`, by the words that a user types."""

from collections.abc import Iterator
from typing import Any

from portal.cli import COMMANDS as TABLE
from portal.cli import imported


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the command and all below it, each with the words that a user types."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from walk(below, (*path, name))


COMMANDS = dict(pair for name in TABLE for pair in walk(imported(name), (name,)))
