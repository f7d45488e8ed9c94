"""Run the operator's command, which hands a list's addresses to the list server.

The addresses are the command's standard input as a file, never as a pipe: a pipe ends when its
writer is killed, and the command would take half of the addresses for all of them.
"""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from os import killpg
from signal import SIGKILL
from subprocess import DEVNULL, Popen, SubprocessError, TimeoutExpired
from tempfile import TemporaryFile
from typing import IO

from models import Failure
from models.clock import now
from models.lists import fits_list_address
from notifications.mime.envelope import wire_address
from settings.types import fits_short_name

# So long it may take until what was killed is gone: a write to a slow disk ends first.
GONE_WITHIN = timedelta(seconds=5)

# A command that says more on stderr is ended.
STDERR_LIMIT = 10_000_000  # bytes

# How often the worker looks whether the command says too much; meanwhile it may say much more.
LOOK = 0.1  # seconds

UNFIT = "The list's short name or address may not stand in a command: nothing was run."


@dataclass(frozen=True)
class Outcome:
    """What became of one run of the command."""

    failure: Failure | None  # None: it has succeeded
    exit_status: int | None  # negative: the number of the signal that ended it
    stderr: str  # the tail of it
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class Missing:
    """What a push would not find, and how to mend that."""

    says: str
    mend: str


def filled(template: str, *, short_name: str, email: str) -> list[str]:
    """The command's words for one list; none if a value could be taken for anything else.

    It is split like a shell would split it, but no shell runs it here.  Each value is quoted for
    the shell that may read it on the far side (`ssh host 'tee {short_name}'`); names and addresses
    of lists are such that the quoting changes nothing, wherever in a word they stand.  A domain is
    given as it travels (RFC 5890), because few programs know other letters.
    """
    try:
        address = wire_address(email)
    except ValueError:
        return []
    if not (fits_short_name(short_name) and fits_list_address(address)):
        return []
    values = {"{short_name}": shlex.quote(short_name), "{email}": shlex.quote(address)}
    return [
        # In one pass, or a value could hold the next placeholder.
        re.sub(r"\{short_name\}|\{email\}", lambda found: values[found[0]], word)
        for word in shlex.split(template)
    ]


def run(
    words: list[str],
    addresses: IO[bytes],
    *,
    limit: timedelta,
    not_after: datetime,
    environment: Mapping[str, str],
) -> Outcome:
    """Run the command on the addresses, an unbuffered file, and wait for it.

    It is not started later than `not_after`: the worker may have slept through its lease.
    """
    started_at = now()
    if not words:  # somebody has gone round every check, in psql for one
        return Outcome(Failure.NOT_STARTED, None, UNFIT, started_at, started_at)
    if started_at > not_after:
        return Outcome(Failure.STARTED_TOO_LATE, None, "", started_at, started_at)
    addresses.seek(0)
    with TemporaryFile() as stderr:
        try:
            process = start(limited(words, limit), addresses, stderr, environment=environment)
        except OSError as error:  # there is no `timeout`, or no memory for another process
            why = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            return Outcome(Failure.NOT_STARTED, None, why, started_at, now())
        with process:
            too_much = said_too_much(process, stderr)
        ended_at = now()
        failure = (
            (Failure.SAID_TOO_MUCH if too_much else None)
            or judged(process.returncode, ended_at - started_at, limit)
            or unread(addresses)
        )
        return Outcome(failure, process.returncode, tail(stderr), started_at, ended_at)


def limited(words: list[str], limit: timedelta) -> list[str]:
    """The command under a time limit of its own.

    `timeout` of GNU coreutils ends its whole process group even when our worker is gone.  It kills
    at once: after a SIGTERM that the command obeys, `timeout` would be content, and leave alone
    what the command had started and what does not obey.
    """
    return ["timeout", "--signal=KILL", f"{limit.total_seconds()}", *words]


def start(
    words: list[str], stdin: IO[bytes], stderr: IO[bytes], *, environment: Mapping[str, str]
) -> Popen[bytes]:
    """Start the command where it finds nothing of ours but what it is given."""
    return Popen(
        words,
        stdin=stdin,
        stdout=DEVNULL,
        stderr=stderr,
        env=dict(environment),
        cwd="/",
        # What is sent to our own group, Ctrl-C for one, must not end a push half-way.
        start_new_session=True,
    )


def said_too_much(process: Popen[bytes], stderr: IO[bytes]) -> bool:
    """Wait until the command has ended, with all it started; end it if it fills the disk."""
    told = False
    while process.returncode is None:
        try:
            process.wait(LOOK)
        except TimeoutExpired:
            if stderr.seek(0, 2) <= STDERR_LIMIT:
                continue
            told = True
        # What the command left running would still push when the next one does.
        with suppress(ProcessLookupError, PermissionError):
            killpg(process.pid, SIGKILL)
    return told


# Of what the command says on stderr the end is kept.
STDERR_TAIL = 4_000  # bytes


# What `timeout` and shells answer when there is nothing to run (its manual page; POSIX, 2.8.2).
NOT_RUN = {125: Failure.NOT_STARTED, 126: Failure.NOT_EXECUTABLE, 127: Failure.NOT_FOUND}


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


# Asking a program for its version takes no time.
PATIENCE = 5  # seconds


def missing(commands: Mapping[str, str], environment: Mapping[str, str]) -> Iterator[Missing]:
    """What is missing for these commands, by the name of their setting, in their environment."""
    path = environment.get("PATH")
    if commands and not ends_groups(shutil.which("timeout", path=path)):
        yield Missing(
            "there is no `timeout` of GNU coreutils, which ends a command in time",
            "install coreutils; that of busybox would leave alone what a command has started",
        )
    for setting, command in commands.items():
        program = shlex.split(command)[0]
        if shutil.which(program, path=path) is None:
            yield Missing(
                f"{setting} runs {program}, which is not there or may not be executed",
                f"install it where PATH leads ({path}), or correct {setting}",
            )


def ends_groups(timeout: str | None) -> bool:
    """Whether this `timeout` is the one that ends whole process groups."""
    if timeout is None:
        return False
    try:
        said = subprocess.run(
            [timeout, "--version"],
            capture_output=True,
            stdin=DEVNULL,
            timeout=PATIENCE,
            text=True,
            check=False,
        )
    except (OSError, SubprocessError):
        return False
    return "GNU coreutils" in said.stdout
