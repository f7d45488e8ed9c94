"""Clients that send their requests slowly leave the portal to the others."""

import os
import socket
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from sandbox.commands import gunicorn
from sandbox.programs import Program
from sandbox.stack import port

SLOW = b"POST /log-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nslow"


def test_forty_slow_posts_do_not_stop_the_portal(tmp_path: Path) -> None:
    web, log = port(), tmp_path / "web.log"

    with ExitStack() as stack:
        running = stack.enter_context(
            Program(gunicorn(web), os.environ, log, ready="Booting worker")
        )
        running.wait_until_ready()
        for _ in range(40):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", web), timeout=20))
            client.sendall(SLOW)
        page = urllib.request.urlopen(f"http://127.0.0.1:{web}/log-in", timeout=20)
        stack.enter_context(page)

        assert page.status == 200
