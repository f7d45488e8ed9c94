"""A mail server, a database and a worker that all tests of a run share."""

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from sqlalchemy import Engine

from sandbox.mailbox import Mailbox
from tests.databases import empty, keep_cast, reusable_database
from tests.fork_server import CHECKOUT, ForkServer
from tests.nodes import Worker

# Not at example.org, so that each address of example.org in a log is one that must not be there.
MAIL_FROM: Final = "Listgate <listgate@example.net>"

# A burst ends when nothing has changed for this time; a pause of a busy machine is shorter.
SYNC_QUIET: Final = timedelta(seconds=2)

# The time limit of a command: a busy machine finishes in time what a test does not hold up.
SYNC_TIMEOUT: Final = timedelta(seconds=10)


@dataclass
class SharedServers:
    """The mail server, the database, the worker, and the list server's folder."""

    mailbox: Mailbox
    database: Engine
    fork_server: ForkServer
    worker: Worker
    list_server: Path  # a link to a folder

    def reset(self) -> None:
        """Leave only the cast in the database, and nothing in the mailbox."""
        empty(self.database, "with_cast")
        self.mailbox.stop()
        self.mailbox.forget()
        self.mailbox.start()

    def use_list_server(self, folder: Path) -> None:
        """Let commands that start from now on use this folder."""
        self.list_server.unlink()
        self.list_server.symlink_to(folder)


def environment(
    redis_url: str, mailbox: Mailbox, database: Engine, list_server: Path
) -> dict[str, str]:
    """Return the settings of the worker."""
    command = f"{sys.executable} -I {CHECKOUT}/tests/faults/taking.py {list_server} {{short_name}}"
    return {
        "DATABASE_URL": database.url.render_as_string(hide_password=False),
        "REDIS_URL": redis_url,
        "SMTP_URL": mailbox.url,
        "MAIL_FROM": MAIL_FROM,
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "MAILLIST_SYNC_COMMAND": command,
        "REQUEST_LETTERS_PER_HOUR": os.environ["REQUEST_LETTERS_PER_HOUR"],
        "SERVICES_OPEN": "true",
        "WEBHOOK_ALLOW_PRIVATE": "true",
        "SYNC_QUIET": f"{SYNC_QUIET.seconds}s",
        "SYNC_TIMEOUT": f"{SYNC_TIMEOUT.seconds}s",
        "LISTGATE_ENV_FILE": "",
    }


OPEN: Final = pytest.StashKey[tuple[str, SharedServers, ExitStack]]()


def kill_shared_worker(config: pytest.Config) -> None:
    """Leave published tasks in the queues; the next test that needs the worker starts it."""
    if OPEN in config.stash:
        _, opened, _ = config.stash[OPEN]
        opened.worker.kill()


def shared_servers(config: pytest.Config, redis_url: str, template: str) -> SharedServers:
    """Return those of this run; new ones if the broker is another (in Docker, once per test)."""
    if OPEN in config.stash:
        known, opened, until_closed = config.stash[OPEN]
        if known == redis_url:
            return opened
        until_closed.close()
    stack = ExitStack()
    config.add_cleanup(stack.close)
    mailbox = stack.enter_context(Mailbox(pipelining=True))
    database = stack.enter_context(reusable_database(template))
    keep_cast(database)
    folder = Path(stack.enter_context(TemporaryDirectory()))
    (folder / "unused").mkdir()
    (folder / "notes").mkdir()
    list_server = folder / "list-server"
    list_server.symlink_to(folder / "unused")
    settings = environment(redis_url, mailbox, database, list_server)
    settings["SENDOUT_NOTES_DIR"] = str(folder / "notes")
    fork_server = stack.enter_context(ForkServer(settings))
    worker = stack.enter_context(Worker(fork_server, children=2))
    opened = SharedServers(mailbox, database, fork_server, worker, list_server)
    config.stash[OPEN] = (redis_url, opened, stack)
    return opened
