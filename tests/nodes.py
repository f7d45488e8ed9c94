"""pytest-celery's nodes as local processes: the same CeleryTestSetup, without Docker.

A worker is `celery -A workflows.celery worker` with a prefork pool, as in production, but forked by
`tests.fork_server`; broker and backend are the Valkey of this test run.  With
LISTGATE_TEST_NODES=docker, broker and backend are pytest-celery's stock Redis container instead, a
new one for each test.  Workers stay processes even then, because the stock worker image has another
Python and not this code.

A conftest gets the fixtures by importing them; objects for the whole run are in
`pytestconfig.stash`, so that several conftests share them.
"""

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import celery
import psutil
import pytest
import redis
from pytest_celery import (
    CeleryBackendCluster,
    CeleryBrokerCluster,
    CeleryTestBackend,
    CeleryTestBroker,
    CeleryTestWorker,
)

from celeryconfig import task_default_queue
from sandbox.server import Process, Server
from sandbox.servers import Servers
from sandbox.valkey import Valkey
from settings import settings
from tests.fork_server import ForkServer

IN_DOCKER: Final = os.environ.get("LISTGATE_TEST_NODES", "") == "docker"


class CeleryProcess(Server):
    """A worker or a beat: its process group, its log, and a watchdog."""

    name = "Celery"
    oldest = (3, 11)  # of Python, which is the program
    searched = "Looked for the Python that runs the tests."

    def __init__(self, fork_server: ForkServer, *arguments: str, ready: str) -> None:
        super().__init__(os.environ)
        self._fork_server, self._arguments, self._ready = fork_server, arguments, ready
        self._began = 0  # where in the log the last start begins

    @property
    def url(self) -> str:
        raise NotImplementedError("a worker has no URL")

    def start(self) -> None:
        self._began = len(self.log)
        super().start()

    def terminate(self) -> None:
        """Send SIGTERM to its first process, as systemd and Docker do."""
        assert self.pid, "it does not run"
        os.kill(self.pid, signal.SIGTERM)

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _candidates(self) -> Iterator[Path]:
        yield Path(sys.executable)

    def _begin(self) -> None:
        self.start()

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "celery", *self._arguments]

    def _execute(self, log: int, lifeline: int) -> Process:
        return self._fork_server.fork(self._command(), log=log, lifeline=lifeline)

    def _answers(self, pid: int) -> bool:  # noqa: ARG002 only this process writes the log
        return self._ready in self.log[self._began :]


class ProcessContainer:
    """pytest-celery's interface of a container, for a server of the sandbox."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.id = server.folder.name
        self.name = server.name

    @property
    def status(self) -> str:
        return "running" if self.server.pid else "exited"

    def reload(self) -> None:
        """Do nothing: `status` is always current."""

    def logs(self) -> str:
        return (self.server.folder / "log").read_text(errors="replace")

    def kill(self, signal: str = "SIGKILL") -> None:
        """Send a signal; SIGKILL ends the whole process group, and waits for that."""
        if signal != "SIGKILL":
            assert isinstance(self.server, CeleryProcess)
            self.server.terminate()
        else:
            self.server.kill()

    def start(self) -> None:
        self.server.start()

    def restart(self, timeout: float | None = None) -> None:  # noqa: ARG002 the server knows
        self.server.stop()
        self.server.start()

    def ready(self) -> bool:
        return self.status == "running"

    def teardown(self) -> None:
        """Do nothing: tests share it, and it ends with the run."""

    remove = teardown


class WorkerContainer(ProcessContainer):
    """A worker that consumes all queues."""

    @classmethod
    def version(cls) -> str:
        return celery.__version__

    @classmethod
    def log_level(cls) -> str:
        return "INFO"

    @classmethod
    def worker_queue(cls) -> str:
        return task_default_queue

    def worker_name(self) -> str:
        return self.id


class ValkeyContainer(ProcessContainer):
    """The Valkey of this run."""

    @property
    def celeryconfig(self) -> dict[str, str]:
        url = settings.redis_url.get_secret_value()
        return {"url": url, "host_url": url}

    @property
    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.celeryconfig["url"], decode_responses=True)


class GivenValkey(ValkeyContainer):
    """A Valkey that REDIS_URL names, which is neither stopped nor emptied."""

    def __init__(self) -> None:
        self.id = self.name = "given"

    status = "running"

    def logs(self) -> str:
        return ""

    def kill(self, signal: str = "SIGKILL") -> None:  # noqa: ARG002 as its parent has it
        pytest.skip("REDIS_URL was given: a test must not stop that server")


class ProcessWorker(CeleryTestWorker):  # type: ignore[misc]  # pytest-celery has no types
    """A worker node whose processes are local."""

    def hostname(self) -> str:
        return f"{self.worker_name}@{socket.gethostname()}"

    def get_running_processes_info(
        self, columns: list[str] | None = None, filters: dict[str, str] | None = None
    ) -> list[dict[str, Any]]:
        first = psutil.Process(self.container.server.pid)
        found = []
        for each in (first, *first.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                found.append(each.as_dict(columns))
        wanted = (filters or {}).items()
        return [each for each in found if all(each.get(key) == value for key, value in wanted)]


class Worker(CeleryProcess):
    """`with Worker(...)`: a worker with the options of production, and `children` processes."""

    def __init__(
        self, fork_server: ForkServer, *, children: int, app: str = "workflows.celery"
    ) -> None:
        # Mingle waits a second for other workers.
        command = ["worker", "--pool=prefork", f"-c{children}", "--without-mingle"]
        super().__init__(fork_server, *command, ready=" ready.")
        self.children = children
        self.app = app  # of its next start

    def _command(self) -> list[str]:
        python, module, celery, *command = super()._command()
        hostname = f"--hostname={self.folder.name}@%h"
        return [python, module, celery, f"--app={self.app}", *command, hostname]

    def runs(self, task: str, *, ended: str = "succeeded") -> int:
        """Return how often this task has ended like this in this run."""
        return len(re.findall(rf"Task {re.escape(task)}\[\S+\] {ended}", self.log))

    def has_failed(self, task_id: str) -> bool:
        """Return whether this task has raised an error."""
        return f"[{task_id}] raised unexpected" in self.log

    def node(self) -> ProcessWorker:
        return ProcessWorker(WorkerContainer(self), None)

    def __exit__(self, *_: object) -> None:
        self.kill()  # Do not wait for tasks that are still running.
        super().__exit__()


def own_or_given(valkey: Valkey | None) -> ValkeyContainer:
    return ValkeyContainer(valkey) if valkey else GivenValkey()


@pytest.fixture
def celery_broker_cluster(servers: Servers, request: pytest.FixtureRequest) -> CeleryBrokerCluster:
    """The broker of the tests."""
    if IN_DOCKER:
        return CeleryBrokerCluster(request.getfixturevalue("celery_redis_broker"))
    return CeleryBrokerCluster(CeleryTestBroker(own_or_given(servers.valkey)))


@pytest.fixture
def celery_backend_cluster(celery_broker_cluster: CeleryBrokerCluster) -> CeleryBackendCluster:
    """The same server: Listgate has one REDIS_URL."""
    return CeleryBackendCluster(CeleryTestBackend(celery_broker_cluster[0].container))
