"""A message that is no task is rejected: the worker goes on, nothing comes back or is logged."""

import json
from base64 import b64encode
from typing import Any

from redis import Redis

from tests.faults.live import LiveStack
from tests.waiting import wait_for


def envelope(body: bytes, **headers: Any) -> dict[str, Any]:
    """A message as kombu writes it to Redis."""
    return {
        "body": b64encode(body).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"task": "sweep.sweep", "id": "1", "lang": "py", **headers},
        "properties": {
            "body_encoding": "base64",
            "correlation_id": "1",
            "delivery_info": {"exchange": "", "routing_key": "sweep"},
            "delivery_mode": 2,
            "delivery_tag": f"tag {body!r} {headers}",
            "priority": 0,
        },
    }


# The fixture `live` finds such an address in the log.
TASK = json.dumps([[], {"address": "ada@example.org"}, {}]).encode()
NO_TASKS: list[str] = [
    "garbage",
    "[]",
    "{}",
    "3",
    "null",
    json.dumps({**envelope(TASK), "properties": []}),
    json.dumps({**envelope(TASK), "headers": []}),
    json.dumps({**envelope(TASK), "headers": None}),
    json.dumps({**envelope(TASK), "body": 7}),
    json.dumps({**envelope(TASK), "body": ""}),
    json.dumps({**envelope(TASK), "content-encoding": "none"}),
    json.dumps(envelope(b"")),
    json.dumps(envelope(b"\xff")),
    json.dumps(envelope(b"[]")),
    json.dumps(envelope(b'{"args": "ada@example.org"}')),
    json.dumps(envelope(b"\xffada@example.org")),
    json.dumps({**envelope(TASK), "headers": {"to": "ada@example.org"}}),
    json.dumps(envelope(b"[[], {}]")),
    json.dumps(envelope(TASK, id=None)),
    json.dumps(envelope(TASK, eta="tomorrow")),
    json.dumps(envelope(TASK, eta=[])),
    json.dumps(envelope(TASK, expires="never")),
    json.dumps(envelope(TASK, expires={})),
    # More than the worker has processes: none may keep one of them from the next task.
    *(json.dumps(envelope(TASK, timelimit=number)) for number in range(3)),
    json.dumps(envelope(TASK, task=["sweep"])),
    json.dumps(envelope(TASK, task="unknown", kwargsrepr="{'address': 'ada@example.org'}")),
]


def test_messages_that_are_no_tasks_end_no_worker_and_do_not_come_back(live: LiveStack) -> None:
    broker = Redis.from_url(live.setup.broker.container.celeryconfig["host_url"])
    worker = live.worker.pid
    for message in NO_TASKS:
        broker.lpush("sweep", message)

    live.sweep_and_wait()

    assert live.worker.pid == worker
    wait_for("the acknowledgements", lambda: not broker.exists("unacked"))
    assert live.worker.log.count("malformed message rejected") > 10
    assert "unknown task rejected" in live.worker.log
