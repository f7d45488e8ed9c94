"""Fixtures: a worker; a whole installation, and services that call it from outside."""

import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from sandbox.programs import Program
from sandbox.stack import ROOT, Stack, port, running_stack
from settings import settings
from tests.databases import new_database
from tests.faults.live import celery_worker_cluster, live
from tests.faults.shared import kill_shared_worker
from tests.nodes import celery_backend_cluster, celery_broker_cluster
from tests.waiting import PATIENCE, wait_for

__all__ = ["celery_backend_cluster", "celery_broker_cluster", "celery_worker_cluster", "live"]

SCOPES = ("read", "people", "lists", "subscriptions", "messages")
# Others, such as pushes, would wait for a receiver that has ended.
HEARD = ("message.asked", "message.decided")


@dataclass(frozen=True)
class Outside:
    """A service with a key, a webhook and a stream; its programs know nothing else of Listgate."""

    stack: Stack
    environment: dict[str, str]
    log: Path

    def run(self, *command: str | Path) -> str:
        """Run one of its programs and return what it prints."""
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=self.log.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    @contextmanager
    def running(self, *command: str | Path) -> Iterator[Program]:
        """Run one of its programs, which listens for webhooks, until the end of the block."""
        words = [str(word) for word in command]
        folder = self.log.parent
        with Program(words, self.environment, self.log, ready="", folder=folder) as program:
            wait_for("a listener", self.is_heard)
            yield program

    def is_heard(self) -> bool:
        """Whether a program listens for its webhooks."""
        receiver = ("127.0.0.1", int(self.environment["WEBHOOK_PORT"]))
        with suppress(OSError), socket.create_connection(receiver):
            return True
        return False

    def wait_for(self, words: str) -> str:
        """Wait until the running program has printed the words; return all that it has."""
        look = self.log.read_text
        return wait_for(words, look, enough=lambda printed: re.search(words, printed))

    def decide(self, printed: str, verdict: str) -> None:
        """Answer the request that a program has printed, as its approver."""
        (request,) = re.findall(r"request_id\W+(\d+)", printed)
        self.stack.listgate("decide", request, verdict, "--as", "grace@example.org")


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, template: str, pytestconfig: pytest.Config
) -> Iterator[Stack]:
    """A whole installation with an approver list."""
    kill_shared_worker(pytestconfig)
    redis_url = settings.redis_url.get_secret_value()
    with (
        pytest.MonkeyPatch.context() as patch,
        new_database(template) as url,
        redis.Redis.from_url(redis_url) as client,
    ):
        client.flushdb()
        patch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        with running_stack(tmp_path_factory.mktemp("stack")) as running:
            running.listgate("user", "add", "grace@example.org", "Grace Hopper")
            running.listgate("approvers", "create", "editors", "grace@example.org")
            yield running
        client.flushdb()


@pytest.fixture
def service(stack: Stack, tmp_path: Path) -> Callable[[str], Outside]:
    """Add a service to the installation."""

    def add(name: str) -> Outside:
        number = str(port())
        scopes = [option for scope in SCOPES for option in ("--scope", scope)]
        heard = [option for kind in HEARD for option in ("--event", kind)]
        token = stack.listgate("service", "add", name, *scopes).splitlines()[-1]
        added = stack.listgate("webhook", "add", name, f"http://127.0.0.1:{number}/", *heard)
        stack.listgate("webhook", "add", name, "--stream")
        environment = {
            "PATH": os.environ["PATH"],
            "LISTGATE_URL": stack.environment["PUBLIC_URL"],
            "LISTGATE_BROKER": stack.environment["REDIS_URL"],
            "LISTGATE_SERVICE": name,
            "LISTGATE_TOKEN": token,
            "WEBHOOK_PORT": number,
            "WEBHOOK_SECRET": added.splitlines()[-1],
            "PYTHONPATH": str(ROOT / "clients/python"),
            "PYTHONWARNINGS": "error",
        }
        return Outside(stack, environment, tmp_path / "program.log")

    return add
