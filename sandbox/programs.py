"""The programs of the house: each runs until the end of a block, and says when it is ready."""

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

PATIENCE: Final = 60.0  # seconds until a program is ready; three are usual


@dataclass(frozen=True)
class Program:
    """A program of ours that runs, and where it logs."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    ready: str

    def wait_until_ready(self) -> None:
        """Return when it has logged that it is; raises ServerError with the end of its log."""
        deadline = time.monotonic() + PATIENCE
        while self.ready not in self.log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                last = "\n  ".join(self.log.read_text(errors="replace").splitlines()[-15:])
                raise ServerError(f"The {self.name} did not start. Its log ends:\n  {last}")
            time.sleep(0.05)


@contextmanager
def program(
    command: Sequence[str], environment: Mapping[str, str], log: Path, *, ready: str
) -> Iterator[Program]:
    """Run one of our own programs until the end of the block; `ready` is what it then logs."""
    with ExitStack() as stack:
        # It ends the program too if we are killed, and then removes this folder.
        watchdog = Watchdog(Path(tempfile.mkdtemp(prefix=f"listgate-{log.stem}-")))
        stack.callback(watchdog.close)
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stack.enter_context(log.open("ab")),
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us, who end it in good order
        )
        stack.callback(end, process)
        watchdog.watch(process.pid)
        yield Program(log.stem, process, log, ready)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End in good order (SIGTERM is Celery's warm shutdown), or after a while by force."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
