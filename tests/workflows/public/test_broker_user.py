"""The user of the broker in docs/tasks.md: enough to call a task, and no more."""

import json
import re
from collections.abc import Iterator

import pytest
import redis
from celery import Celery

from sandbox.valkey import Valkey
from tests.builders import ROOT

ACL = re.compile(r"^ACL SETUSER newsletter .*$", re.MULTILINE)


@pytest.fixture(scope="module")
def admin() -> Iterator[redis.Redis]:
    """A Valkey of its own, with that user."""
    with Valkey() as server, redis.Redis.from_url(server.url) as client:
        (line,) = ACL.findall((ROOT / "docs/tasks.md").read_text())
        client.execute_command(*line.split())
        yield client


def url_of(admin: redis.Redis) -> str:
    """The service's URL, as the page says it."""
    server = admin.connection_pool.connection_kwargs
    return f"redis://newsletter:PASSWORD@{server['host']}:{server['port']}/0"


def test_a_service_calls_a_task_and_gets_its_result(admin: redis.Redis) -> None:
    with redis.Redis.from_url(url_of(admin)) as client:
        client.set("listgate:parcel:1", "ada@example.org", ex=60)
    with Celery(broker=url_of(admin), backend=url_of(admin), set_as_current=False) as service:
        result = service.send_task("listgate.push_list", kwargs={}, queue="moderation")
        done = {"task_id": result.id, "status": "SUCCESS", "result": 7, "children": []}
        admin.set(f"celery-task-meta-{result.id}", json.dumps(done))

        assert result.get(timeout=10) == 7
    assert admin.llen("moderation") == 1


@pytest.mark.parametrize(
    "command",
    [
        "LRANGE moderation 0 -1",
        "RPOP moderation",
        "BRPOP moderation 1",
        "DEL moderation",
        "LPUSH sync x",
        "HGETALL unacked",
        "GET listgate:waiting:sync.open_sync:1",
        "PSUBSCRIBE *",
        "SUBSCRIBE /0.celeryev/worker.heartbeat",
        "PUBLISH celery-task-meta-1 x",
        "KEYS *",
        "SCAN 0",
        "MONITOR",
        "CONFIG GET requirepass",
        "ACL LIST",
        "FLUSHALL",
        "EVAL return(1) 0",
    ],
)
def test_it_can_do_nothing_else(admin: redis.Redis, command: str) -> None:
    with (
        redis.Redis.from_url(url_of(admin)) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.execute_command(*command.split())
