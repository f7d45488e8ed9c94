"""Starts `python -m celery` by forking a process that has imported everything it needs.

Importing is nine tenths of the processor time that a worker takes to start, and the tests start
many.  `python -m celery` itself is started by `make up`, the demo and the tests of both.
"""

import gc
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final, Self

from sandbox.server import ENVIRONMENT

CHECKOUT: Final = Path(__file__).parents[1]

# The app, and what Celery imports late: the pool, the transport, the result backend, beat.
MODULES: Final = (
    "celery.bin.celery",
    "workflows.celery",
    "workflows.tasks",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.backends.redis",
    "celery.concurrency.prefork",
    "celery.worker.components",
    "celery.worker.consumer",
    "kombu.transport.redis",
)

MAX_REQUEST: Final = 64 * 1024  # bytes


class ForkServer:
    """`with ForkServer(settings)`: a fork server whose forks have these settings and no others."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._environment = ENVIRONMENT | settings | {"PYTHONPATH": str(CHECKOUT)}

    def __enter__(self) -> Self:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=CHECKOUT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # so that Ctrl-C does not reach it
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()  # It ends by itself then, also when this process is killed.
        self._process.wait()

    def fork(self, arguments: list[str], *, log: int, lifeline: int) -> "ForkedProcess":
        """Run `python -m celery` with these arguments in a session of its own.

        It writes its output to the file descriptor `log`, and holds `lifeline` open.
        """
        return ForkedProcess(self, self._ask("fork", arguments, log, lifeline))

    def poll(self, pid: int) -> int | None:
        """Return the exit status of a fork, or None if it still runs."""
        code: int | None = self._ask("poll", pid)
        return code

    def _ask(self, verb: str, argument: object, *descriptors: int) -> Any:
        socket.send_fds(self._socket, [json.dumps([verb, argument]).encode()], descriptors)
        return json.loads(self._socket.recv(MAX_REQUEST))


class ForkedProcess:
    """A process that the fork server has forked, with the part of Popen that a Server uses."""

    def __init__(self, server: ForkServer, pid: int) -> None:
        self.pid = pid
        self._server = server
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._server.poll(self.pid)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        deadline = time.monotonic() + (timeout or float("inf"))
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("celery", timeout or 0)
            time.sleep(0.01)
        return code


def serve(requests: socket.socket) -> None:
    """Answer requests until the other end is closed; return in each fork, ready to run Celery."""
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, MAX_REQUEST, 2)
        if not request:
            sys.exit()
        verb, argument = json.loads(request)
        if verb == "poll":
            pid, status = os.waitpid(argument, os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        elif (answer := os.fork()) == 0:
            requests.close()
            log, _lifeline = descriptors
            return prepare(argument, log)
        for each in descriptors:
            os.close(each)
        requests.send(json.dumps(answer).encode())


def prepare(arguments: list[str], log: int) -> None:
    """Make this fork what a new process of `sandbox.server` would be."""
    os.setsid()
    os.umask(0o077)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    os.close(log)
    sys.argv = ["celery", *arguments]


if __name__ == "__main__":
    for module in MODULES:
        importlib.import_module(module)
    gc.freeze()  # Else each start of a child of a worker collects the garbage of all modules.
    serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("celery", run_name="__main__", alter_sys=True)
