"""The stack's own programs: each runs until the end of a block, and logs when it is ready."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from sandbox.commands import ROOT
from sandbox.server import Process, ServerError
from sandbox.watchdog import Watchdog

TIMEOUT: Final = 60.0  # seconds until a program is ready or has ended; three are usual
PAUSE: Final = 5.0  # seconds between two starts, for a program that ends each time


class Program:
    """A program and its log file; `with` runs it until the end of the block."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        ready: str,
        folder: Path = ROOT,
    ) -> None:
        self.name = log.stem
        self.log = log
        self._command, self._environment, self._folder = command, environment, folder
        self._ready = ready

    def __enter__(self) -> Self:
        # It also ends the program if this process is killed, and then removes this folder.
        self._watchdog = Watchdog(Path(tempfile.mkdtemp(prefix=f"listgate-{self.name}-")))
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        end(self.process)
        self._watchdog.close()

    def _start(self) -> None:
        with self.log.open("ab") as log:
            self.process = self._execute(log.fileno())
        self._watchdog.watch(self.process.pid)
        self._started = time.monotonic()

    def _execute(self, log: int) -> Process:
        """Run the command in a session of its own: Ctrl-C reaches this process, which ends it."""
        return subprocess.Popen(
            self._command,
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait_until_ready(self) -> None:
        """Wait until it has logged `ready`; raise ServerError with the end of its log."""
        deadline = time.monotonic() + TIMEOUT
        while self._ready not in self.log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                last = "\n  ".join(self.log.read_text(errors="replace").splitlines()[-15:])
                raise ServerError(f"The {self.name} did not start. Its log ends:\n  {last}")
            time.sleep(0.05)

    def restart_if_ended(self) -> int | None:
        """Start it again if it has ended, as a supervisor does; return its exit status."""
        status = self.process.poll()
        if status is None or time.monotonic() < self._started + PAUSE:
            return None
        self._start()
        return status


def end(process: Process) -> None:
    """Terminate the process (SIGTERM is Celery's warm shutdown); kill it after a timeout."""
    process.terminate()
    try:
        process.wait(TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
