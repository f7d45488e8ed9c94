"""What a person in front of a terminal sees while they wait."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from rich.console import Console
from rich.progress import Progress


@contextmanager
def reading(file: BinaryIO) -> Iterator[BinaryIO]:
    """The same file, with a bar that tells how much of it was read."""
    if not sys.stderr.isatty():
        yield file
        return
    with bars() as progress:
        yield progress.wrap_file(file, total=size(file), description="Reading")


@contextmanager
def working(what: str) -> Iterator[None]:
    """A bar that moves while the database works."""
    if not sys.stderr.isatty():
        yield
        return
    with bars() as progress:
        progress.add_task(what, total=None)
        yield


def bars() -> Progress:
    """Bars on stderr, which vanish at the end."""
    return Progress(console=Console(stderr=True), transient=True)


def size(file: BinaryIO) -> int | None:
    """The bytes of a file; of a pipe nobody knows."""
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None
