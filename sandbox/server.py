"""Runs one server in a folder of its own, at most until this process ends."""

import os
import re
import select
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Final, Protocol, Self, TypedDict

from sandbox.watchdog import Watchdog

# Seconds to start or to stop: one is usual, a busy machine may need twenty.
TIMEOUT: Final = 60.0
# None of the developer's variables: a PGDATA or a locale would change what the programs do.
ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class ServerError(Exception):
    """A server was not found or did not start; the text says what to do."""


class Account(TypedDict):
    """The account that a program runs as, as arguments of `subprocess`; None: the current one."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


OURSELVES: Final[Account] = {"user": None, "group": None, "extra_groups": None}


class Process(Protocol):
    """The part of `subprocess.Popen` that a server or a program needs."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def terminate(self) -> None: ...


class Server(ABC):
    """A server that can be stopped, killed and restarted, with the same URL and data.

    As a context manager it is found, prepared and started, and in the end stopped and deleted.
    """

    name: ClassVar[str]
    oldest: ClassVar[tuple[int, ...]]  # the first supported version
    searched: ClassVar[str]  # where it is looked for, for the error message

    folder: Path
    program: Path

    def __init__(self, environ: Mapping[str, str], *, account: Account = OURSELVES) -> None:
        self.account = account
        self._environ = environ
        self._process: Process | None = None
        self._lifeline = -1

    def __enter__(self) -> Self:
        self.folder = self._new_folder()
        self._watchdog = Watchdog(self.folder)
        try:
            self.program = self._choose()
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            self._watchdog.close()

    @property
    @abstractmethod
    def url(self) -> str:
        """Its URL, the same whether it runs or not."""

    @property
    def pid(self) -> int | None:
        """The id of its first process, or None if it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start, unless it is running, and wait until it answers.

        Raises:
            ServerError: it ended or did not answer in time; the text has the end of its log.
        """
        if self.pid:
            return
        self.kill()  # A server that ended by itself may have left processes.
        process = self._spawn()
        deadline = time.monotonic() + TIMEOUT
        while not self._answers(process.pid):
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise self._failure("did not start")
            time.sleep(0.01)

    def stop(self) -> None:
        """Shut down cleanly; start() continues with the same data."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Crash it (SIGKILL), and wait until its last process is gone."""
        self._end(signal.SIGKILL)

    @abstractmethod
    def _candidates(self) -> Iterator[Path]:
        """Programs to try, best first."""

    @abstractmethod
    def _begin(self) -> None:
        """Prepare its data, and start it for the first time."""

    @abstractmethod
    def _command(self) -> list[str]:
        """The command line of the server."""

    @abstractmethod
    def _answers(self, pid: int) -> bool:
        """Whether the server with this process id answers."""

    def _new_folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="listgate-", dir=self._parent()))
        if self.account != OURSELVES:
            folder.chmod(0o711)  # The server's account must reach its own files below.
        return folder

    def _parent(self) -> Path:
        return Path(tempfile.gettempdir())

    def _choose(self) -> Path:
        refusals = []
        for program in self._candidates():
            refusal = self._refusal(program)
            if refusal is None:
                return program
            refusals.append(f"\n  {program}: {refusal}")
        version = ".".join(map(str, self.oldest))
        raise ServerError(
            f"No {self.name} {version} or newer here. {self.searched}{''.join(refusals)}"
        )

    def _refusal(self, program: Path) -> str | None:
        try:
            output = self._run([str(program), "--version"])
        except (OSError, subprocess.SubprocessError) as error:
            return f"cannot be run ({error})"
        version = tuple(int(number) for number in re.findall(r"\d+", output)[: len(self.oldest)])
        return None if version >= self.oldest else f"is too old ({output.strip()})"

    def _run(self, command: list[str]) -> str:
        """Run a program to its end, as the server's account, and return its output."""
        done = subprocess.run(
            command,
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
            timeout=TIMEOUT,
            umask=0o077,
            **self.account,
        )
        return done.stdout

    def _spawn(self) -> Process:
        """Start the program, and have the watchdog watch it.

        PostgreSQL gives each of its processes a session.  All of them inherit one end of a pipe,
        the lifeline; when it is closed, the last process has ended.
        """
        self._lifeline, theirs = os.pipe()
        self._log.touch(mode=0o600)
        try:
            with self._log.open("ab") as log:
                self._process = self._execute(log.fileno(), theirs)
        finally:
            os.close(theirs)
        self._watchdog.watch(self._process.pid)
        return self._process

    def _execute(self, log: int, lifeline: int) -> Process:
        """Run the command in a session of its own, so that Ctrl-C does not reach it."""
        return subprocess.Popen(
            self._command(),
            cwd=self.folder,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lifeline],
            umask=0o077,
            **self.account,
        )

    def _end(self, sign: signal.Signals) -> None:
        if self._process is None:
            return
        self._signal(sign)
        try:
            self._process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        select.select([self._lifeline], [], [], TIMEOUT)
        os.close(self._lifeline)
        self._watchdog.watch(None)
        self._process = None

    def _signal(self, sign: signal.Signals) -> None:
        if self.pid:
            os.killpg(self.pid, sign)

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _failure(self, what: str) -> ServerError:
        last = self._log.read_text(errors="replace").splitlines()[-15:]
        return ServerError("\n  ".join([f"{self.name} {what}. Its log ends:", *last]))
