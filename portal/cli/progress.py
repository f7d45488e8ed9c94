"""Progress bars, on a terminal only."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from rich.console import Console
from rich.progress import Progress


@contextmanager
def reading_bar(file: BinaryIO) -> Iterator[BinaryIO]:
    """Yield the file, with a bar that shows how much of it was read."""
    if not sys.stderr.isatty():
        yield file
        return
    with bars() as progress:
        yield progress.wrap_file(file, total=size(file), description="Reading")


@contextmanager
def activity_bar(label: str) -> Iterator[None]:
    """Show a bar of unknown length."""
    if not sys.stderr.isatty():
        yield
        return
    with bars() as progress:
        progress.add_task(label, total=None)
        yield


def bars() -> Progress:
    """Return bars on stderr that disappear at the end."""
    return Progress(console=Console(stderr=True), transient=True)


def size(file: BinaryIO) -> int | None:
    """Return the size of a file in bytes; None for a pipe."""
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None
