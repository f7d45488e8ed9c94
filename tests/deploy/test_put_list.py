"""`put-list` against a real web server."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from models import Failure
from tests.deploy.list_server_page import SCRIPTS, example
from tests.workflows.sync.commands import THREE, Machine


class Service(ThreadingHTTPServer):
    """A web service that stores what is put, with a configurable answer."""

    answer = 204

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Keeper)
        self.put: list[tuple[str, str | None, bytes]] = []


class Keeper(BaseHTTPRequestHandler):
    """The handler of one request."""

    server: Service

    def do_PUT(self) -> None:
        """Store the list."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.put.append((self.path, self.headers["Authorization"], body))
        self.send_response(self.server.answer)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Do not log."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        thread = Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.environment["PATH"] = f"{SCRIPTS}:{machine.environment['PATH']}"
    (tmp_path / "token").write_text("s3cret\n")
    return machine


def command_for(machine: Machine, port: int) -> str:
    """Return the command of the page, for this service and token."""
    return (
        example("put-list")
        .replace("https://lists.example.org", f"http://127.0.0.1:{port}")
        .replace("/etc/listgate/token", f"{machine.folder}/token")
    )


def test_a_list_is_put_whole_with_the_token(machine: Machine, service: Service) -> None:
    lists = [THREE, []]

    outcomes = [machine.push(command_for(machine, service.server_port), each) for each in lists]

    assert [each.failure for each in outcomes] == [None, None]
    assert service.put == [
        (
            "/lists/announce/members",
            "Bearer s3cret",
            "".join(f"{address}\n" for address in each).encode(),
        )
        for each in lists
    ]


@pytest.mark.parametrize("answer", [302, 401, 409, 500])
def test_any_other_answer_is_a_failure(machine: Machine, service: Service, answer: int) -> None:
    service.answer = answer

    outcome = machine.push(command_for(machine, service.server_port))

    assert (outcome.failure, outcome.exit_status) == (Failure.EXIT_STATUS, 1)
    assert outcome.stderr.startswith(f"127.0.0.1 answered {answer} ")
    assert len(service.put) == 1


def test_an_unavailable_service_is_a_failure(machine: Machine) -> None:
    outcome = machine.push(command_for(machine, 1))

    assert outcome.failure is Failure.EXIT_STATUS
    assert "Connection refused" in outcome.stderr
    assert "s3cret" not in outcome.stderr
