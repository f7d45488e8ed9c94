"""An installation as `make up` runs it: each program in a process of its own."""

from collections.abc import Iterator

import pytest
import redis

from sandbox.stack import running_stack
from settings import settings
from tests.clients.conftest import Installation
from tests.databases import new_database
from tests.faults.shared import kill_shared_worker


@pytest.fixture
def installation(
    tmp_path_factory: pytest.TempPathFactory,
    template: str,
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Installation]:
    """A whole installation with an approver list."""
    kill_shared_worker(pytestconfig)
    redis_url = settings.redis_url.get_secret_value()
    with new_database(template) as url, redis.Redis.from_url(redis_url) as client:
        client.flushdb()
        monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        with running_stack(tmp_path_factory.mktemp("stack")) as stack:
            stack.listgate("user", "add", "grace@example.org", "Grace Hopper")
            stack.listgate("approvers", "create", "editors", "grace@example.org")
            public_url, broker = (stack.environment[it] for it in ("PUBLIC_URL", "REDIS_URL"))
            yield Installation(public_url, broker, stack.mailbox, stack.listgate)
        client.flushdb()
