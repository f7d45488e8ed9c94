"""A mail server, a database and a worker that all tests of a run share."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import pytest
from sqlalchemy import URL

from sandbox.mailbox import Mailbox
from tests.databases import new_database, order
from tests.nodes import Worker

# Letters are from elsewhere, so that whatever of example.org is in a log is somebody's address.
MAIL_FROM: Final = "Listgate <listgate@example.net>"


@dataclass
class SharedServers:
    """What outlives a test: the mail server, a name for the database, a worker that knows both."""

    mailbox: Mailbox
    database: URL
    worker: Worker

    def reset(self, template: str) -> None:
        """A new database under the old name, an empty mailbox, and a worker that runs."""
        name = self.database.database
        order(f'drop database if exists "{name}" with (force)')
        order(f'create database "{name}" template "{template}"')
        self.mailbox.stop()
        self.mailbox.forget()
        self.mailbox.start()


def environment(redis_url: str, mailbox: Mailbox, database: URL) -> dict[str, str]:
    """What a worker is told."""
    return {
        "DATABASE_URL": database.render_as_string(hide_password=False),
        "REDIS_URL": redis_url,
        "SMTP_URL": mailbox.url,
        "MAIL_FROM": MAIL_FROM,
        "SECRET_KEY": os.environ["SECRET_KEY"],
        "MAILLIST_SYNC_COMMAND": os.environ["MAILLIST_SYNC_COMMAND"],
        "LISTGATE_ENV_FILE": "",
    }


OPEN: Final = pytest.StashKey[tuple[str, SharedServers, ExitStack]]()


def kill_shared_worker(config: pytest.Config) -> None:
    """Have nobody take what is published; whoever needs the worker next starts it again."""
    if OPEN in config.stash:
        _, opened, _ = config.stash[OPEN]
        opened.worker.kill()


def shared_servers(config: pytest.Config, redis_url: str) -> SharedServers:
    """Those of this run; other ones if the broker is another (each test's own, in Docker)."""
    if OPEN in config.stash:
        known, opened, until_closed = config.stash[OPEN]
        if known == redis_url:
            return opened
        until_closed.close()
    stack = ExitStack()
    config.add_cleanup(stack.close)
    mailbox = stack.enter_context(Mailbox())
    database = stack.enter_context(new_database())
    worker = Worker(environment(redis_url, mailbox, database), children=4)
    opened = SharedServers(mailbox, database, stack.enter_context(worker))
    config.stash[OPEN] = (redis_url, opened, stack)
    return opened
