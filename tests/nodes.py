"""pytest-celery's nodes as processes of this machine: the same CeleryTestSetup, without Docker.

A worker is `celery -A workflows.celery worker` with a prefork pool, as in production; broker and
backend are the Valkey of this test run.  With LISTGATE_TEST_NODES=docker, broker and backend are
pytest-celery's stock Redis container instead, a new one for each test.  Workers stay processes even
then: the stock worker image is another Python, and has none of our code.

A conftest gets the fixtures by importing them; whatever lives as long as the run is kept in
`pytestconfig.stash`, so that there is one of it however many conftests there are.
"""

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
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
from sandbox.server import Server
from sandbox.servers import Servers
from sandbox.valkey import Valkey
from settings import settings

CHECKOUT: Final = Path(__file__).parents[1]
IN_DOCKER: Final = os.environ.get("LISTGATE_TEST_NODES", "") == "docker"


class CeleryProcess(Server):
    """A worker or a beat: its process group, its log, and a watchdog that ends it with us."""

    name = "Celery"
    oldest = (3, 11)  # of Python, which is the program
    searched = "Looked for the Python that runs the tests."

    def __init__(self, *arguments: str, ready: str, environment: dict[str, str]) -> None:
        super().__init__(os.environ)
        self._arguments, self._ready, self._settings = arguments, ready, environment
        self._began = 0  # where in the log the last start begins

    @property
    def url(self) -> str:
        raise NotImplementedError("nobody connects to a worker")

    def start(self) -> None:
        self._began = len(self.log)
        super().start()

    def terminate(self) -> None:
        """Ask its first process to finish what it does and go, as systemd and Docker do."""
        assert self.pid, "it does not run"
        os.kill(self.pid, signal.SIGTERM)

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _candidates(self) -> Iterator[Path]:
        yield Path(sys.executable)

    def _begin(self) -> None:
        # In a file, because everybody on the machine reads command lines, and one has passwords.
        lines = [f"{name}='{value}'" for name, value in self._settings.items()]
        (self.folder / "settings").write_text("\n".join(lines))
        self.start()

    def _command(self) -> list[str]:
        environment = [f"PYTHONPATH={CHECKOUT}", f"LISTGATE_ENV_FILE={self.folder}/settings"]
        return ["/usr/bin/env", *environment, str(self.program), "-m", "celery", *self._arguments]

    def _answers(self, pid: int) -> bool:  # noqa: ARG002 the log is of nobody else
        return self._ready in self.log[self._began :]


class ProcessContainer:
    """What pytest-celery asks of a container, answered by a server of the sandbox."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.id = server.folder.name
        self.name = server.name

    @property
    def status(self) -> str:
        return "running" if self.server.pid else "exited"

    def reload(self) -> None:
        """Ask again how it is, which `status` always does."""

    def logs(self) -> str:
        return (self.server.folder / "log").read_text(errors="replace")

    def kill(self, signal: str = "SIGKILL") -> None:
        """SIGKILL is for the whole process group, and waits for its end."""
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
        """It is shared by many tests, and ends with the run."""

    remove = teardown


class WorkerContainer(ProcessContainer):
    """A worker that takes tasks from all queues."""

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
    """One that REDIS_URL named: it is used, and neither stopped nor emptied."""

    def __init__(self) -> None:
        self.id = self.name = "given"

    status = "running"

    def logs(self) -> str:
        return ""

    def kill(self, signal: str = "SIGKILL") -> None:  # noqa: ARG002 as its parent has it
        pytest.skip("REDIS_URL was given: that server is not ours to stop")


class ProcessWorker(CeleryTestWorker):  # type: ignore[misc]  # pytest-celery has no types
    """A worker node whose processes are seen from here."""

    def hostname(self) -> str:
        return f"{self.worker_name}@{socket.gethostname()}"

    def get_running_processes_info(
        self, columns: list[str] | None = None, filters: dict[str, str] | None = None
    ) -> list[dict[str, Any]]:
        first = psutil.Process(self.container.server.pid)
        found = [each.as_dict(columns) for each in (first, *first.children(recursive=True))]
        wanted = (filters or {}).items()
        return [each for each in found if all(each.get(key) == value for key, value in wanted)]


class Worker(CeleryProcess):
    """`with Worker(...)`: a worker as production starts it, with `children` processes."""

    def __init__(self, environment: dict[str, str], *, children: int) -> None:
        command = ["--app=workflows.celery", "worker", "--pool=prefork", f"-c{children}"]
        # Mingling is waiting for a second whether other workers have anything to tell.
        command += ["--without-mingle"]
        super().__init__(*command, ready=" ready.", environment=environment)

    def _command(self) -> list[str]:
        return [*super()._command(), f"--hostname={self.folder.name}@%h"]

    def runs(self, task: str, *, ended: str = "succeeded") -> int:
        """How often this task has ended like this, by the log of all tests so far."""
        return len(re.findall(rf"Task {re.escape(task)}\[\S+\] {ended}", self.log))

    def node(self) -> ProcessWorker:
        return ProcessWorker(WorkerContainer(self), None)

    def __exit__(self, *_: object) -> None:
        self.kill()  # Nothing that a worker of the tests still does is worth waiting for.
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
