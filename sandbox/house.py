"""The whole house on one machine: servers, a mailbox, a worker and a beat; gone when we are."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.mailbox import Mailbox
from sandbox.server import ServerError
from sandbox.servers import servers, sigterm_exits
from sandbox.watchdog import Watchdog

ROOT: Final = Path(__file__).parent.parent
BIN: Final = Path(sys.executable).parent
PATIENCE: Final = 30.0  # seconds until a program is ready; three are usual


@dataclass(frozen=True)
class House:
    """Where everything is, and `listgate` to do something there."""

    environment: dict[str, str]
    mailbox: Mailbox
    folder: Path

    def listgate(self, *arguments: str) -> str:
        """Run one command; returns what it printed, and raises ServerError if it failed."""
        done = subprocess.run(
            [str(BIN / "listgate"), *arguments],
            env=self.environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerError(f"`listgate {shlex.join(arguments)}` failed:\n{done.stdout}")
        return done.stdout.strip()

    def listgate_at_once(self, *commands: tuple[str, ...]) -> list[str]:
        """Run several commands at the same moment; returns what each printed, refusals too."""
        running = [
            subprocess.Popen(
                [str(BIN / "listgate"), *command],
                env=self.environment,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for command in commands
        ]
        return [process.communicate()[0].strip() for process in running]

    @contextmanager
    def program(self, name: str, *command: str, ready: str) -> Iterator[Path]:
        """Run one of our own programs until the end of the block; yields its log.

        Waits until it has logged `ready`.  Raises ServerError if it ends or takes too long.
        """
        log = self.folder / f"{name}.log"
        with ExitStack() as stack:
            # It ends the program too if we are killed, and then removes what the program wrote.
            scratch = Path(tempfile.mkdtemp(prefix=f"listgate-{name}-"))
            watchdog = Watchdog(scratch)
            stack.callback(watchdog.close)
            process = subprocess.Popen(
                command,
                env=self.environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=stack.enter_context(log.open("ab")),
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us, who end it in good order
            )
            stack.callback(end, process)
            watchdog.watch(process.pid)
            wait_until_ready(name, process, log, ready=ready)
            yield log


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """A migrated house with a worker and a beat; logs and mails are kept in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(sigterm_exits())
        running = stack.enter_context(servers())
        mailbox = stack.enter_context(Mailbox(keep_in=folder))
        environment = {
            **os.environ,
            "DATABASE_URL": running.database_url,
            "REDIS_URL": running.redis_url,
            "SMTP_URL": mailbox.url,
            "MAIL_FROM": "Listgate <listgate@lists.example.org>",
            "LOG_FORMAT": "console",
            "LISTGATE_ENV_FILE": "",  # a developer's .env is for their own house
        }
        one = House(environment, mailbox, folder)
        one.listgate("migrate")
        for name, ready in (("worker", "ready."), ("beat", "beat: Starting")):
            stack.enter_context(one.program(name, *celery(name), ready=ready))
        yield one


def port() -> int:
    """A port of this machine that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
        return number


def celery(*arguments: str) -> list[str]:
    """A command line of Celery's own program."""
    return [sys.executable, "-m", "celery", "-A", "workflows.celery", *arguments]


def wait_until_ready(
    name: str, process: "subprocess.Popen[bytes]", log: Path, *, ready: str
) -> None:
    """Return when the program has logged `ready`; raises ServerError with the end of its log."""
    deadline = time.monotonic() + PATIENCE
    while ready not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            last = "\n  ".join(log.read_text(errors="replace").splitlines()[-15:])
            raise ServerError(f"The {name} did not start. Its log ends:\n  {last}")
        time.sleep(0.05)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End in good order (SIGTERM is Celery's warm shutdown), or after a while by force."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
