"""Starts Python programs by forking a process that has imported what they need.

Importing is nine tenths of the processor time that a program of Listgate takes to start, and the
tests start many.  Each is started by its own command line as well: by `make up`, by the demo, and
where a test is about that.

The first fork server of a run imports the libraries, once for all processes of pytest-xdist.  Each
`ForkServer` is a fork of it that imports Listgate with the settings of its own.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, Final, Self

from sandbox.programs import Program
from sandbox.server import ENVIRONMENT, Process
from tests.sources import modules_found_once

CHECKOUT: Final = Path(__file__).parents[1]

# What the programs import of libraries, and what Celery imports late: the pool, the transport, the
# result backend, beat.  Nothing of it may import Listgate, which reads the settings.
LIBRARIES: Final = (
    "aiosmtpd.smtp",
    "alembic.command",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.backends.redis",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.worker.components",
    "celery.worker.consumer",
    "cryptography.x509",
    "dkim",
    "dns.resolver",
    "flask_limiter",
    "flask_security",
    "flask_wtf",
    "flower.command",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "kombu.transport.redis",
    "phonenumbers",
    "psycopg2",
    "qrcode",
    "scim2_models",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "sqlalchemy.orm",
    "structlog",
    "twilio.rest",
    "typer.rich_utils",
    "valkey",
    "zxcvbn",
)

# What each program imports of Listgate, by the name of the program.
PROGRAMS: Final = {
    "celery": ("workflows.celery", "workflows.tasks", "tests.warm"),
    "gunicorn": ("portal.app", "portal.server"),
    "listgate": ("portal.cli", "portal.cli.lmtp"),
    "-c": (),
}

MAX_REQUEST: Final = 64 * 1024  # bytes

# In the environment of every process of tests: the Unix socket of the first fork server.
SOCKET: Final = "LISTGATE_TEST_FORK_SERVER"


class ForkServer:
    """`with ForkServer(settings)`: a fork server whose forks have these settings and no others."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._environment = ENVIRONMENT | settings | {"PYTHONPATH": str(CHECKOUT)}

    def __enter__(self) -> Self:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = ForkedProcess(libraries(), "serve", self._environment, theirs.fileno())
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()  # It ends by itself then, also when this process is killed.
        self._process.wait()

    def fork(
        self, command: Sequence[str], *, log: int, lifeline: int | None = None
    ) -> "ForkedProcess":
        """Run this command line of a Python program in a session of its own.

        It writes its output to the file descriptor `log`, and holds `lifeline` open.
        """
        held = [] if lifeline is None else [lifeline]
        return ForkedProcess(self._socket, "fork", [*command], log, *held)

    def run(self, command: Sequence[str], *, out: int, err: int) -> "ForkedProcess":
        """Run this command line, whose program imports Listgate itself, and may fail in that."""
        return ForkedProcess(self._socket, "run", [*command], out, err)


class ForkedProcess:
    """A process that a fork server has forked, with the part of Popen that the tests use."""

    def __init__(
        self, server: socket.socket, verb: str, argument: object, *descriptors: int
    ) -> None:
        self._server = server
        self.pid: int = ask(server, verb, argument, *descriptors)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = ask(self._server, "poll", self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = time.monotonic() + (timeout or float("inf"))
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a forked program", timeout or 0)
            time.sleep(0.01)
        return code

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


@contextmanager
def forked_code(code: str, *arguments: str, **settings: str) -> Iterator[ForkedProcess]:
    """Run `python -c CODE ARGUMENTS` in this environment and these settings; wait for its end."""
    with ForkServer({**os.environ, **settings}) as server, Path(os.devnull).open("wb") as log:
        process = server.fork([sys.executable, "-c", code, *arguments], log=log.fileno())
        yield process
        process.wait()


def run_forked(*command: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run a Python program to its end, in this environment and these settings; capture its output.

    It is what `tests.builders.run` does, without the time that imports of libraries take.
    """
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with (
        ForkServer({**environment, **settings}) as server,
        TemporaryFile("w+") as out,
        TemporaryFile("w+") as err,
    ):
        code = server.run(command, out=out.fileno(), err=err.fileno()).wait()
        return subprocess.CompletedProcess(command, code, *map(content, (out, err)))


def content(file: IO[str]) -> str:
    """Return all that was written to the file."""
    file.seek(0)
    return file.read()


class ForkedProgram(Program):
    """A program of the stack that is forked."""

    def __init__(
        self, server: ForkServer, command: Sequence[str], log: Path, *, ready: str
    ) -> None:
        super().__init__(command, {}, log, ready=ready)
        self._server = server

    def _execute(self, log: int) -> Process:
        return self._server.fork(self._command, log=log)


@contextmanager
def first_fork_server() -> Iterator[str]:
    """Start the first fork server; yield the path of its socket.

    It imports the libraries when a process of tests connects, and ends with this process.
    """
    lifeline, theirs = socket.socketpair()
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = f"{folder}/socket"
        listener.bind(path)
        listener.listen()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(listener.fileno()), str(theirs.fileno())],
                cwd=CHECKOUT,
                env=ENVIRONMENT | {"PYTHONPATH": str(CHECKOUT)},
                stdin=subprocess.DEVNULL,
                pass_fds=[listener.fileno(), theirs.fileno()],
                start_new_session=True,  # so that Ctrl-C does not reach it
            )
        yield path
        lifeline.close()
        process.wait()


@cache
def libraries() -> socket.socket:
    """Connect to the first fork server, until this process ends."""
    ours = socket.socket(socket.AF_UNIX)
    atexit.register(ours.close)
    ours.connect(os.environ[SOCKET])
    return ours


def ask(server: socket.socket, verb: str, argument: object, *descriptors: int) -> Any:
    """Send a request to a fork server and return its answer."""
    socket.send_fds(server, [json.dumps([verb, argument]).encode()], descriptors)
    return json.loads(server.recv(MAX_REQUEST))


def accept(listener: socket.socket, lifeline: socket.socket) -> socket.socket:
    """Fork for each process that connects, with the libraries; return the connection in the fork.

    End when the other end of the lifeline is closed.
    """
    while lifeline not in select.select([listener, lifeline], [], [])[0]:
        connection, _ = listener.accept()
        import_once(LIBRARIES)
        if fork(listener) == 0:
            return connection
        connection.close()
    sys.exit()


def serve(requests: socket.socket) -> list[str]:
    """Answer requests until the other end is closed; return in each fork, with its command line."""
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, MAX_REQUEST, 2)
        if not request:
            sys.exit()
        verb, argument = json.loads(request)
        if verb == "poll":
            pid, status = os.waitpid(argument, os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        elif verb == "serve":
            if (answer := fork(requests)) == 0:
                os.environ.clear()
                os.environ.update(argument)
                return serve(socket.socket(fileno=descriptors[0]))
        elif verb == "run":
            if (answer := fork(requests)) == 0:
                write_to(*descriptors)
                return list[str](argument)
        else:
            import_once(PROGRAMS[program(argument)])
            if (answer := fork(requests)) == 0:
                write_to(descriptors[0], descriptors[0])
                return list[str](argument)
        for each in descriptors:
            os.close(each)
        requests.send(json.dumps(answer).encode())


def fork(requests: socket.socket) -> int:
    """Fork, into a session of its own; return the id of the fork, or 0 in it."""
    if (pid := os.fork()) == 0:
        requests.close()
        os.setsid()
    return pid


def program(command: list[str]) -> str:
    """Return the name of the program of this command line: python -m NAME, python -c or NAME."""
    match command[1:]:
        case ["-m", name, *_]:
            return name
        case ["-c", *_]:
            return "-c"
    return Path(command[0]).name


def import_once(modules: Sequence[str]) -> None:
    """Import the modules; collect no garbage meanwhile, and do not look at them in a fork."""
    gc.disable()
    with modules_found_once():
        for module in modules:
            importlib.import_module(module)
    gc.freeze()
    gc.enable()


def write_to(out: int, err: int) -> None:
    """Write the output to these files, which are private like those of `sandbox.server`."""
    os.umask(0o077)
    os.dup2(out, sys.stdout.fileno())
    os.dup2(err, sys.stderr.fileno())
    for each in {out, err}:
        os.close(each)


def run(command: list[str]) -> None:
    """Run the program of a command line in this process."""
    match command[1:]:
        case ["-m", name, *_]:
            sys.argv = command[2:]
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        case ["-c", code, *arguments]:
            sys.argv = ["-c", *arguments]
            exec(code, {"__name__": "__main__"})  # noqa: S102
        case _:
            sys.argv = command
            runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    run(serve(accept(*(socket.socket(fileno=int(number)) for number in sys.argv[1:]))))
