"""What the installed programs need: a database server, a broker, a mail relay, and settings."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.mailbox import Mailbox
from sandbox.postgres import Postgres
from sandbox.stack import port
from sandbox.valkey import Valkey
from tests.deploy.installed.documented import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """An empty machine."""
    return Machine(tmp_path)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """The mail relay."""
    with Mailbox() as running:
        yield running


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A database server; the operator of a machine has no other database on it."""
    with Postgres({"LISTGATE_SERVERS": ""}) as running:
        yield running


@pytest.fixture
def given(mailbox: Mailbox, postgres: Postgres, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings that differ from the documented ones, because the servers are the tests'.

    systemd would create the folder of the notes.
    """
    notes = tmp_path / "notes"
    notes.mkdir()
    with Valkey({"LISTGATE_SERVERS": ""}) as broker:
        yield {
            "DATABASE_URL": postgres.url.replace("+psycopg2", ""),
            "REDIS_URL": broker.url,
            "SMTP_URL": mailbox.url,
            "LMTP_ADDRESS": f"127.0.0.1:{port()}",
            "SENDOUT_NOTES_DIR": str(notes),
            "LOG_LEVEL": "INFO",
        }
