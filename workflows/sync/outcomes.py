"""What became of a command that pushed a list: whether it has succeeded, and what it said."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO

from models import Failure

# Of what the command says on stderr the end is kept.
STDERR_TAIL = 4_000  # bytes

# What `timeout` and shells answer when there is nothing to run (its manual page; POSIX, 2.8.2).
NOT_RUN = {125: Failure.NOT_STARTED, 126: Failure.NOT_EXECUTABLE, 127: Failure.NOT_FOUND}


@dataclass(frozen=True)
class Outcome:
    """What became of one run of the command."""

    failure: Failure | None  # None: it has succeeded
    exit_status: int | None  # negative: the number of the signal that ended it
    stderr: str  # the tail of it
    started_at: datetime
    ended_at: datetime


def judged(status: int, took: timedelta, limit: timedelta) -> Failure | None:
    """Why a command with this exit status failed, or None if it succeeded."""
    if status == 0:
        return None
    if took >= limit:
        return Failure.TOOK_TOO_LONG
    return Failure.SIGNAL if status < 0 else NOT_RUN.get(status, Failure.EXIT_STATUS)


def unread(addresses: IO[bytes]) -> Failure | None:
    """Whether the command cannot have pushed all, as it did not read to the end of its input.

    The file's position is shared with the command, so it shows how far that has read.
    """
    read, size = addresses.seek(0, 1), addresses.seek(0, 2)
    return Failure.READ_TOO_LITTLE if read < size else None


def tail(stderr: IO[bytes]) -> str:
    """The end of what the command said."""
    size = stderr.seek(0, 2)
    stderr.seek(max(0, size - STDERR_TAIL))
    # No text column takes a NUL.
    return stderr.read().decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
