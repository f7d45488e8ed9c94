"""What the installed programs need: a database, a broker, a mail relay, and settings."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.mailbox import Mailbox
from sandbox.stack import port
from settings import settings
from tests.databases import new_database
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
def given(mailbox: Mailbox) -> Iterator[dict[str, str]]:
    """The settings that differ from the documented ones, because the servers are the tests'."""
    with new_database() as url:
        yield {
            "DATABASE_URL": url.set(drivername="postgresql").render_as_string(hide_password=False),
            "REDIS_URL": settings.redis_url.get_secret_value(),
            "SMTP_URL": mailbox.url,
            "LMTP_ADDRESS": f"127.0.0.1:{port()}",
            "LOG_LEVEL": "INFO",
        }
