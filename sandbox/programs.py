"""The stack's own programs: each runs until the end of a block, and logs when it is ready."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.commands import ROOT
from sandbox.server import ServerError
from sandbox.watchdog import Watchdog

TIMEOUT: Final = 60.0  # seconds until a program is ready or has ended; three are usual


@dataclass(frozen=True)
class Program:
    """A running program and its log file."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    ready: str

    def wait_until_ready(self) -> None:
        """Wait until it has logged `ready`; raise ServerError with the end of its log."""
        deadline = time.monotonic() + TIMEOUT
        while self.ready not in self.log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                last = "\n  ".join(self.log.read_text(errors="replace").splitlines()[-15:])
                raise ServerError(f"The {self.name} did not start. Its log ends:\n  {last}")
            time.sleep(0.05)


@contextmanager
def program(
    command: Sequence[str], environment: Mapping[str, str], log: Path, *, ready: str
) -> Iterator[Program]:
    """Run a program until the end of the block; `ready` is what it logs once it is ready."""
    with ExitStack() as stack:
        # It also ends the program if this process is killed, and then removes this folder.
        watchdog = Watchdog(Path(tempfile.mkdtemp(prefix=f"listgate-{log.stem}-")))
        stack.callback(watchdog.close)
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stack.enter_context(log.open("ab")),
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches this process only, which ends the program
        )
        stack.callback(end, process)
        watchdog.watch(process.pid)
        yield Program(log.stem, process, log, ready)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Terminate the process (SIGTERM is Celery's warm shutdown); kill it after a timeout."""
    process.terminate()
    try:
        process.wait(TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
