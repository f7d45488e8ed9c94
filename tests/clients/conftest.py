"""Fixtures: a worker and pages, and services that call them from outside."""

import os
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.app import create_app
from sandbox.mailbox import Mailbox
from sandbox.programs import Program
from sandbox.stack import ROOT, port
from sandbox.web_server import WebServer
from settings import settings
from tests.builders import listgate
from tests.faults.live import LiveStack, celery_worker_cluster, live
from tests.nodes import celery_backend_cluster, celery_broker_cluster
from tests.waiting import PATIENCE, wait_for

__all__ = ["celery_backend_cluster", "celery_broker_cluster", "celery_worker_cluster", "live"]

SCOPES = ("read", "people", "lists", "subscriptions", "messages")
# Others, such as pushes, would wait for a receiver that has ended.
HEARD = ("message.asked", "message.decided")


@dataclass(frozen=True)
class Installation:
    """A running Listgate: what a service reaches, where mails arrive, and its commands."""

    url: str
    broker: str
    mailbox: Mailbox
    listgate: Callable[..., str]


@dataclass(frozen=True)
class Outside:
    """A service with a key, a webhook and a stream; its programs know nothing else of Listgate."""

    installation: Installation
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
        (request,) = set(re.findall(r"request_id\W+(\d+)", printed))
        self.installation.listgate("decide", request, verdict, "--as", "grace@example.org")


@pytest.fixture
def installation(live: LiveStack) -> Iterator[Installation]:
    """The pages in a thread, and the worker of the tests; Grace and Linus approve."""
    number = port()
    url = f"http://127.0.0.1:{number}"
    app = create_app(settings.model_copy(update={"public_url": url}))
    broker = live.setup.broker.container.celeryconfig["host_url"]
    with WebServer(app, port=number):
        yield Installation(url, broker, live.mailbox, lambda *words: listgate(*words).stdout)


@pytest.fixture
def service(installation: Installation, tmp_path: Path) -> Callable[[str], Outside]:
    """Add a service to the installation."""

    def add(name: str) -> Outside:
        number, operate = str(port()), installation.listgate
        scopes = [option for scope in SCOPES for option in ("--scope", scope)]
        heard = [option for kind in HEARD for option in ("--event", kind)]
        token = operate("service", "add", name, *scopes).splitlines()[-1]
        added = operate("webhook", "add", name, f"http://127.0.0.1:{number}/", *heard)
        operate("webhook", "add", name, "--stream")
        environment = {
            "PATH": os.environ["PATH"],
            "LISTGATE_URL": installation.url,
            "LISTGATE_BROKER": installation.broker,
            "LISTGATE_SERVICE": name,
            "LISTGATE_TOKEN": token,
            "WEBHOOK_PORT": number,
            "WEBHOOK_SECRET": added.splitlines()[-1],
            "PYTHONPATH": str(ROOT / "clients/python"),
            "PYTHONWARNINGS": "error",
        }
        return Outside(installation, environment, tmp_path / "program.log")

    return add
