"""Run the operator's command, which passes a list's addresses to the list server.

The addresses are the command's standard input, as a file and never as a pipe: a pipe ends when its
writer is killed, and the command would take the part it has read for the whole list.
"""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL, Popen, SubprocessError, TimeoutExpired
from tempfile import TemporaryFile
from typing import IO

from models import Failure
from models.clock import now
from models.lists import fits_list_address
from notifications.mime.envelope import wire_address
from settings.types import fits_short_name

# A killed command has exited after this time: it may have to finish a write to a slow disk first.
KILL_GRACE = timedelta(seconds=5)

# A command that writes more to stderr is killed.
STDERR_LIMIT = 10_000_000  # bytes

# Of stderr, the end is stored.
STDERR_TAIL = 4_000  # bytes

# How often the worker checks the size of stderr, which may grow beyond the limit meanwhile.
POLL_INTERVAL = 0.1  # seconds

# Time for a program to print its version.
VERSION_TIMEOUT = 5  # seconds

# Exit statuses of `timeout` (its manual page) and of shells (POSIX, 2.8.2) if nothing was run.
NOT_RUN = {125: Failure.NOT_STARTED, 126: Failure.NOT_EXECUTABLE, 127: Failure.NOT_FOUND}

# What a command left running would still push when the next push runs.
REAPER = Path(__file__).with_name("reaper.py")

UNSAFE = "The list's short name or address may not be used in a command: nothing was run."


@dataclass(frozen=True)
class Commands:
    """The operator's commands, and the environment variables that they get."""

    default: str
    by_list: Mapping[str, str]  # by short name
    environment: Mapping[str, str]

    def template(self, short_name: str) -> str:
        """Return the command of the list with this short name, with its placeholders."""
        return self.by_list.get(short_name, self.default)


@dataclass(frozen=True)
class Outcome:
    """The result of one run of the command."""

    failure: Failure | None  # None: it succeeded
    exit_status: int | None  # negative: the number of the signal that ended it
    stderr: str  # its end
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class MissingProgram:
    """A program that a push needs and cannot find, and how to fix that."""

    problem: str
    fix: str


def missing_programs(
    commands: Mapping[str, str], environment: Mapping[str, str]
) -> Iterator[MissingProgram]:
    """Yield the programs that these commands, by the name of their setting, need and lack."""
    path = environment.get("PATH")
    if commands and not is_gnu_timeout(shutil.which("timeout", path=path)):
        yield MissingProgram(
            "there is no `timeout` of GNU coreutils, which limits the time of a command",
            "install coreutils; the one of busybox does not kill what a command has started",
        )
    for setting, command in commands.items():
        program = shlex.split(command)[0]
        if shutil.which(program, path=path) is None:
            yield MissingProgram(
                f"{setting} runs {program}, which does not exist or is not executable",
                f"install it in a directory of PATH ({path}), or correct {setting}",
            )


def argv_for(template: str, *, short_name: str, email: str) -> list[str]:
    """Return the command's arguments for one list; none if a value is not safe in a command.

    The template is split as a shell would split it, but no shell runs it here.  Each value is
    quoted for the shell that may read it on the far side (`ssh host 'tee {short_name}'`).  Short
    names and addresses contain nothing that the quoting changes, wherever they are in a word.  A
    domain is given in its ASCII form (RFC 5890), because few programs know the other.
    """
    try:
        address = wire_address(email)
    except ValueError:
        return []
    if not (fits_short_name(short_name) and fits_list_address(address)):
        return []
    values = {"{short_name}": shlex.quote(short_name), "{email}": shlex.quote(address)}
    return [
        # In one pass, or a value could contain the next placeholder.
        re.sub(r"\{short_name\}|\{email\}", lambda found: values[found[0]], word)
        for word in shlex.split(template)
    ]


def run(
    argv: list[str],
    addresses: IO[bytes],
    *,
    limit: timedelta,
    not_after: datetime,
    environment: Mapping[str, str],
) -> Outcome:
    """Run the command on the addresses, an unbuffered file, and wait until it ends.

    It is not started after `not_after`: the worker may have been suspended longer than its lease.
    """
    started_at = now()
    if not argv:  # the list was changed past every check, with psql for example
        return Outcome(Failure.NOT_STARTED, None, UNSAFE, started_at, started_at)
    if started_at > not_after:
        return Outcome(Failure.STARTED_TOO_LATE, None, "", started_at, started_at)
    addresses.seek(0)
    with TemporaryFile() as stderr:
        try:
            limited = with_time_limit(argv, limit)
            process = start(limited, addresses, stderr, environment=environment)
        except OSError as error:  # there is no `timeout`, or no memory for another process
            why = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            return Outcome(Failure.NOT_STARTED, None, why, started_at, now())
        with process:
            killed = wait_or_kill(process, stderr)
        ended_at = now()
        failure = (
            (Failure.SAID_TOO_MUCH if killed else None)
            or exit_failure(process.returncode, ended_at - started_at, limit)
            or input_failure(addresses)
        )
        return Outcome(failure, process.returncode, end_of(stderr), started_at, ended_at)


def with_time_limit(argv: list[str], limit: timedelta) -> list[str]:
    """Return the command with a time limit of its own, which holds even if the worker is gone.

    `timeout` of GNU coreutils ends the command; it sends SIGKILL at once, because a command may
    ignore SIGTERM.  The reaper then ends all that the command has started, in whatever session.
    """
    python = [sys.executable, "-I", "-S", str(REAPER)]
    return [*python, "timeout", "--signal=KILL", f"{limit.total_seconds()}", *argv]


def start(
    argv: list[str], stdin: IO[bytes], stderr: IO[bytes], *, environment: Mapping[str, str]
) -> Popen[bytes]:
    """Start the command; it inherits only the given files and variables."""
    return Popen(
        argv,
        stdin=stdin,
        stdout=DEVNULL,
        stderr=stderr,
        env=dict(environment),
        cwd="/",
        # A signal to our own process group, such as Ctrl-C, must not end a push half-way.
        start_new_session=True,
    )


def wait_or_kill(process: Popen[bytes], stderr: IO[bytes]) -> bool:
    """Wait until the command ends; end it if stderr grows too big, and return whether it did."""
    too_big = False
    while process.returncode is None:
        try:
            process.wait(POLL_INTERVAL)
        except TimeoutExpired:
            if stderr.seek(0, 2) > STDERR_LIMIT:
                too_big = True
                process.terminate()
    return too_big


def exit_failure(status: int, took: timedelta, limit: timedelta) -> Failure | None:
    """Return why a command with this exit status failed, or None if it succeeded."""
    if status == 0:
        return None
    if took >= limit:
        return Failure.TOOK_TOO_LONG
    return Failure.SIGNAL if status < 0 else NOT_RUN.get(status, Failure.EXIT_STATUS)


def input_failure(addresses: IO[bytes]) -> Failure | None:
    """Return READ_TOO_LITTLE if the command did not read its input to the end, else None.

    The file's position is shared with the command, so it shows how far the command has read.
    """
    read, size = addresses.seek(0, 1), addresses.seek(0, 2)
    return Failure.READ_TOO_LITTLE if read < size else None


def end_of(stderr: IO[bytes]) -> str:
    """Return the last STDERR_TAIL bytes as text."""
    size = stderr.seek(0, 2)
    stderr.seek(max(0, size - STDERR_TAIL))
    # A text column of PostgreSQL cannot hold a NUL.
    return stderr.read().decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def is_gnu_timeout(timeout: str | None) -> bool:
    """Whether this is the `timeout` of GNU coreutils, which kills whole process groups."""
    if timeout is None:
        return False
    try:
        version = subprocess.run(
            [timeout, "--version"],
            capture_output=True,
            stdin=DEVNULL,
            timeout=VERSION_TIMEOUT,
            text=True,
            check=False,
        )
    except (OSError, SubprocessError):
        return False
    return "GNU coreutils" in version.stdout
