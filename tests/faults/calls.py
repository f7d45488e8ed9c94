"""Call public tasks as another service does: by name, without importing Listgate."""

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
import redis
from celery.result import AsyncResult

from celeryconfig import visibility_timeout
from tests.faults.live import LiveStack
from tests.waiting import PATIENCE


def call(live: LiveStack, task: str, *, key: str = "once", **arguments: Any) -> AsyncResult[Any]:
    arguments["idempotency_key"] = key
    return live.service.send_task(f"listgate.{task}", kwargs=arguments, queue="moderation")


def answer(live: LiveStack, task: str, *, key: str = "once", **arguments: Any) -> dict[str, Any]:
    return dict(call(live, task, key=key, **arguments).get(timeout=PATIENCE))


def refusal(result: AsyncResult[Any]) -> tuple[str, str]:
    """Return the class and the text of the exception that the caller gets."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 the test checks which one it is
        result.get(timeout=PATIENCE)
    return caught.type.__name__, str(caught.value)


def decision(live: LiveStack, by: str = "grace", verdict: str = "approved") -> dict[str, Any]:
    """Return the arguments of an answer to the first request."""
    approver = getattr(live.people, by)
    return {"request_id": 1, "approver_id": approver.id, "verdict": verdict}


def written(live: LiveStack) -> list[Any]:
    """Return the number of rows in each table that a call writes to.

    Of the audit log only the calls' entries, because the worker adds others when it sends letters.
    """
    calls = "audit_entry where door = 'service'"
    tables = ("decision", "dispatch", "notification", calls, "idempotent_call")
    return [live.sql(f"select count(*) from {table}")[0][0] for table in tables]


def outcomes(results: Iterable[AsyncResult[Any]]) -> Counter[str]:
    """Count the answers, and the refusals by class."""
    return Counter(
        "an answer"
        if isinstance(found := each.get(timeout=PATIENCE, propagate=False), dict)
        else type(found).__name__
        for each in results
    )


def visibility_times_out(broker: redis.Redis) -> None:
    """Make the broker deliver again what a killed worker has not acknowledged.

    A lock that it held while it looked for such messages has also timed out.
    """
    broker.delete("unacked_mutex")
    long_ago = time.time() - visibility_timeout - 1
    for tag in map(str, broker.zrange("unacked_index", 0, -1)):
        broker.zadd("unacked_index", {tag: long_ago})
