"""tests/servers.py starts the servers of a test run, and leaves given ones unchanged."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url

from sandbox.servers import Servers
from tests.fork_server import run_forked
from tests.sandbox.machine import ask
from tests.servers import new_database_beside, spare_database


def test_on_a_given_postgres_the_tests_get_a_database_of_their_own(machine: Servers) -> None:
    with new_database_beside(machine.database_url) as url:
        name = ask(url, "SELECT current_database()")
        ask(url, "CREATE TABLE of_the_tests ()")
        assert ask(machine.database_url, "SELECT to_regclass('of_the_tests')") is None
        left_open = psycopg2.connect(make_url(url).set(drivername="postgresql").render_as_string())

    left_open.close()
    assert name.startswith("listgate_test_")
    exists = f"SELECT count(*) FROM pg_database WHERE datname = '{name}'"
    assert ask(machine.database_url, exists) == 0


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        ("redis://there", "redis://there/15"),
        ("redis://:secret@there:6380/3", "redis://:secret@there:6380/15"),
        ("rediss://there/15?ssl_cert_reqs=none", "rediss://there/14?ssl_cert_reqs=none"),
        ("redis://there/0?db=15", "redis://there/14"),
    ],
)
def test_on_a_given_redis_the_tests_use_another_database(given: str, ours: str) -> None:
    assert spare_database(given) == ours


def test_each_process_of_a_test_run_has_a_database() -> None:
    numbers = [spare_database("redis://there/14", process) for process in range(15)]

    assert numbers[:3] == ["redis://there/15", "redis://there/13", "redis://there/12"]
    assert len(set(numbers)) == 15
    with pytest.raises(pytest.UsageError, match="room for 15"):
        spare_database("redis://there/14", 15)


def test_a_redis_without_numbered_databases_is_refused() -> None:
    with pytest.raises(pytest.UsageError, match="redis://"):
        spare_database("unix:///run/redis.sock")


def test_a_test_run_with_given_servers_leaves_them_unchanged(
    tmp_path: Path, machine: Servers
) -> None:
    (tmp_path / "conftest.py").write_text("import os; found = dict(os.environ)")
    (tmp_path / "test_it.py").write_text("""
from conftest import found
def test_it(servers):
    assert "/listgate_test_" in found["DATABASE_URL"]
    assert found["REDIS_URL"].endswith("/15")
    assert found["LISTGATE_ENV_FILE"] == ""
    assert servers.postgres is None
def test_skipped(own_valkey): ...
""")
    count = "SELECT count(*) FROM pg_database"
    before = ask(machine.database_url, count)

    done = run_pytest(tmp_path, DATABASE_URL=machine.database_url, REDIS_URL=machine.redis_url)

    assert "1 passed, 1 skipped" in done.stdout
    assert ask(machine.database_url, count) == before


def test_a_test_run_starts_servers_only_for_tests(tmp_path: Path) -> None:
    cannot_start = {"LISTGATE_SERVERS": "no such choice"}

    assert run_pytest(tmp_path, "--version", **cannot_start).returncode == 0
    refused = run_pytest(tmp_path, **cannot_start)
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: LISTGATE_SERVERS is 'no such choice'" in refused.stderr


def run_pytest(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "tests.servers", "-p", "no:cacheprovider"]
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_XDIST_WORKER": ""}
    plain = {**alone, "LISTGATE_SERVERS": "", **environ}
    given = ["-c", os.devnull, f"--rootdir={folder}", *arguments, str(folder)]
    return run_forked(*command, *given, **plain)
