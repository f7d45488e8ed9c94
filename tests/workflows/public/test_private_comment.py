"""The free text of callers: neither logged nor in events, and by claim check not in a queue."""

import base64
import re
from typing import Any
from uuid import uuid4

import redis

from tests.faults import conftest as fixtures
from tests.faults.calls import answer, decision
from tests.faults.live import LiveStack
from tests.faults.overheard import record_commands

celery_backend_cluster = fixtures.celery_backend_cluster
celery_broker_cluster = fixtures.celery_broker_cluster
celery_worker_cluster = fixtures.celery_worker_cluster
live = fixtures.live

MARKER = "marker-of-a-caller"
BODY = re.compile(r'"body": "([A-Za-z0-9+/=]+)"')


def overheard(live: LiveStack, **arguments: Any) -> list[str]:
    """Reject the first request; return the commands that Valkey gets, their bodies decoded."""
    live.ask()
    with record_commands(live.setup.broker.container.celeryconfig["host_url"]) as commands:
        answer(live, "decide", **decision(live, verdict="rejected"), **arguments)
        live.wait_until_idle()
    return [
        BODY.sub(lambda body: base64.b64decode(body[1]).decode(), command) for command in commands
    ]


def test_a_comment_by_claim_check_is_in_no_queue_and_no_log(live: LiveStack) -> None:
    parcel = str(uuid4())
    with redis.Redis.from_url(live.setup.broker.container.celeryconfig["host_url"]) as client:
        client.set(f"listgate:parcel:{parcel}", MARKER, ex=60)

    commands = overheard(live, parcel=parcel)

    assert live.sql("select comment from decision") == [(MARKER,)]
    assert [command for command in commands if MARKER in command] == []
    assert (
        live.sql("select 1 from idempotent_call where idempotent_call::text ~ :it", it=MARKER) == []
    )
    assert MARKER not in live.worker.log


def test_a_comment_in_the_arguments_is_neither_logged_nor_in_an_event(live: LiveStack) -> None:
    commands = overheard(live, comment=MARKER)

    events = [command for command in commands if '"task-' in command]
    assert [event for event in events if "task-received" in event]
    assert [event for event in events if MARKER in event and "task-sent" not in event] == []
    assert MARKER not in live.worker.log
