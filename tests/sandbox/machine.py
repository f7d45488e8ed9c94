"""Looks at processes and databases, for the tests of the sandbox."""

import os
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg2
import pytest
from sqlalchemy import make_url

from sandbox.server import Server
from tests.waiting import wait_for

CHECKOUT: Final = Path(__file__).parents[2]
# An environment without server URLs.
MACHINE: Final = {"PATH": os.environ["PATH"]}
ONLY_WHEELS: Final = {"LISTGATE_SERVERS": "wheels"}
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def ask(url: str, *statements: str) -> Any:
    """Return the first column of the first row of the last statement."""
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for statement in statements:
            cursor.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def processes_of(*running: Server | None) -> list[psutil.Process]:
    first = [psutil.Process(server.pid) for server in running if server]
    return [process for each in first for process in (each, *each.children(recursive=True))]


def wait_until_gone(processes: list[psutil.Process]) -> None:
    """Return once all have ended."""
    wait_for(
        "the end of processes",
        lambda: [each for each in processes if not has_ended(each)],
        enough=lambda left: not left,
    )


def has_ended(process: psutil.Process) -> bool:
    """Whether it has ended; a zombie has, even if init has not reaped it yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def fake(program: Path, says: str) -> None:
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
