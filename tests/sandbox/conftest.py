"""Servers that the tests of the sandbox share and may stop: each fixture restarts its server."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.postgres import Postgres
from sandbox.servers import Servers, servers
from sandbox.valkey import Valkey
from tests.sandbox.machine import MACHINE, ONLY_WHEELS


@pytest.fixture(scope="package")
def machine() -> Iterator[Servers]:
    with servers(MACHINE) as running:
        yield running


@pytest.fixture(scope="package")
def wheels() -> Iterator[Servers]:
    elsewhere = {"DATABASE_URL": "postgresql://nowhere/x", "REDIS_URL": "redis://nowhere"}
    with servers(MACHINE | elsewhere | ONLY_WHEELS) as running:
        yield running


@pytest.fixture
def postgres(machine: Servers) -> Postgres:
    assert machine.postgres
    machine.postgres.start()
    return machine.postgres


@pytest.fixture
def valkey(machine: Servers) -> Valkey:
    assert machine.valkey
    machine.valkey.start()
    return machine.valkey


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Unlike `tmp_path`, every user can enter this."""
    with tempfile.TemporaryDirectory(prefix="test-servers-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
