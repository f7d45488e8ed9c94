"""Runs one server program in a folder of its own, for as long as we live and no longer."""

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
from typing import ClassVar, Final, Self, TypedDict

from sandbox.watchdog import Watchdog

# Seconds to start or to stop: one is usual, a crowded machine may need twenty.
PATIENCE: Final = 60.0
# Nothing of the developer's: a PGDATA or a locale would change what the programs do.
ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class ServerError(Exception):
    """A server was not found or would not run; the text says what to do about it."""


class Account(TypedDict):
    """As whom a program runs, in the words of `subprocess`; None is ourselves."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


OURSELVES: Final[Account] = {"user": None, "group": None, "extra_groups": None}


class Server(ABC):
    """A server that can be stopped, killed and started again, on the same URL with what it stored.

    Use it with `with`: at the beginning it is found, prepared and started, at the end it is gone.
    """

    name: ClassVar[str]
    oldest: ClassVar[tuple[int, ...]]  # the first version that will do
    searched: ClassVar[str]  # where a program was looked for, for the one who has none

    folder: Path
    program: Path

    def __init__(self, environ: Mapping[str, str], *, account: Account = OURSELVES) -> None:
        self.account = account
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
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
        """Where it is, the same whether it runs or not."""

    @property
    def pid(self) -> int | None:
        """Its first process, or None when it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start, unless it runs already, and wait until it answers.

        Raises:
            ServerError: it ended, or did not answer in time; the text has the end of its log.
        """
        if self.pid:
            return
        self.kill()  # A server that ended by itself may have left processes that are still ending.
        process = self._spawn()
        deadline = time.monotonic() + PATIENCE
        while not self._answers(process.pid):
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise self._failure("did not start")
            time.sleep(0.01)

    def stop(self) -> None:
        """End in good order; what it stored is there again after the next start()."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End as in a crash (SIGKILL), and wait until the last process of the server is gone."""
        self._end(signal.SIGKILL)

    @abstractmethod
    def _candidates(self) -> Iterator[Path]:
        """Programs worth trying, best first."""

    @abstractmethod
    def _begin(self) -> None:
        """Prepare what the program needs, and start it for the first time."""

    @abstractmethod
    def _command(self) -> list[str]:
        """The command line of the server."""

    @abstractmethod
    def _answers(self, pid: int) -> bool:
        """Whether the server with this process id answers."""

    def _new_folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="listgate-", dir=self._parent()))
        if self.account != OURSELVES:
            folder.chmod(0o711)  # The other account passes through to what is its own.
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
            said = self._run([str(program), "--version"])
        except (OSError, subprocess.SubprocessError) as error:
            return f"cannot be run ({error})"
        version = tuple(int(number) for number in re.findall(r"\d+", said)[: len(self.oldest)])
        return None if version >= self.oldest else f"is too old ({said.strip()})"

    def _run(self, command: list[str]) -> str:
        """Run a program to its end, as the server's account, and return what it said."""
        done = subprocess.run(
            command,
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
            timeout=PATIENCE,
            umask=0o077,
            **self.account,
        )
        return done.stdout

    def _spawn(self) -> subprocess.Popen[bytes]:
        """Start the program in a session of its own: Ctrl-C is for us, who end it in good order.

        PostgreSQL gives a session to each of its processes.  What all of them inherit is one end of
        a pipe, the lifeline: once nobody holds that end any more, the last of them is gone.
        """
        self._lifeline, theirs = os.pipe()
        self._log.touch(mode=0o600)
        try:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command(),
                    cwd=self.folder,
                    env=ENVIRONMENT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=[theirs],
                    umask=0o077,
                    **self.account,
                )
        finally:
            os.close(theirs)
        self._watchdog.watch(self._process.pid)
        return self._process

    def _end(self, sign: signal.Signals) -> None:
        if self._process is None:
            return
        self._signal(sign)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        select.select([self._lifeline], [], [], PATIENCE)
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
