"""The web service logs no URL of a request, and clients that are slow leave it to the others."""

import os
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError

import pytest

from sandbox.commands import ROOT, gunicorn
from sandbox.stack import port
from tests.databases import main_url
from tests.fork_server import ForkedProgram, ForkServer

# Some URLs contain a token.
TOKEN = "abcdefghijklmnopqrstuvwxyz"
SERVED_BY = ("docker-compose.yml", "deploy/systemd/listgate-web.service", "sandbox/commands.py")

SLOW = b"POST /log-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nslow"


class Web(NamedTuple):
    """The service, whose database has no tables."""

    port: int
    log: Path

    def ask(self, path: str) -> int:
        """Return the status of the answer."""
        try:
            url = f"http://127.0.0.1:{self.port}{path}"
            with urllib.request.urlopen(url, timeout=20) as answer:
                return int(answer.status)
        except HTTPError as refusal:
            return refusal.code


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The web service, with the documented command line."""
    web = Web(port(), tmp_path_factory.mktemp("web") / "web.log")
    without_tables = main_url().set(database="postgres").render_as_string(hide_password=False)
    environment = os.environ | {"DATABASE_URL": without_tables, "LOG_FORMAT": "json"}
    with (
        ForkServer(environment) as server,
        ForkedProgram(server, gunicorn(web.port), web.log, ready="Booting worker") as running,
    ):
        running.wait_until_ready()
        yield web


@pytest.mark.parametrize("file", SERVED_BY)
def test_gunicorn_does_not_log_requests(file: str) -> None:
    text = (ROOT / file).read_text()

    assert "gunicorn" in text
    assert "--access-log" not in text


def test_no_token_is_logged_even_when_the_page_fails(web: Web) -> None:
    failed = [web.ask(f"/{page}/{TOKEN}") for page in ("answer", "link")]
    missing = web.ask(f"/nowhere/{TOKEN}?words={TOKEN}")

    assert (failed, missing) == ([500, 500], 404)
    assert web.log.read_text().count("page failed") == 2
    assert TOKEN not in web.log.read_text()


def test_forty_slow_posts_do_not_stop_the_portal(web: Web) -> None:
    with ExitStack() as stack:
        for _ in range(40):
            address = ("127.0.0.1", web.port)
            client = stack.enter_context(socket.create_connection(address, timeout=20))
            client.sendall(SLOW)

        assert web.ask("/log-in") == 200
