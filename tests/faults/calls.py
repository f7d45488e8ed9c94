"""Public tasks as another service calls them: by name, with none of our code."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from celery.result import AsyncResult

from tests.faults.live import PATIENCE, LiveStack


def call(live: LiveStack, task: str, *, key: str = "once", **arguments: Any) -> AsyncResult[Any]:
    arguments["idempotency_key"] = key
    return live.service.send_task(f"listgate.{task}", kwargs=arguments, queue="moderation")


def answer(live: LiveStack, task: str, *, key: str = "once", **arguments: Any) -> dict[str, Any]:
    return dict(call(live, task, key=key, **arguments).get(timeout=PATIENCE))


def refusal(result: AsyncResult[Any]) -> tuple[str, str]:
    """The class and the sentence of the exception that arrives."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 which one it is, is the question
        result.get(timeout=PATIENCE)
    return caught.type.__name__, str(caught.value)


def decision(live: LiveStack, by: str = "grace", verdict: str = "approved") -> dict[str, Any]:
    """The arguments of an answer to the first request."""
    approver = getattr(live.people, by)
    return {"request_id": 1, "approver_id": approver.id, "verdict": verdict}


def written(live: LiveStack) -> list[Any]:
    """How much there is of everything that a call could write; the worker tells people meanwhile,
    and puts that into the audit trail.
    """
    calls = "audit_entry where door = 'service'"
    tables = ("decision", "dispatch", "notification", calls, "idempotent_call")
    return [live.sql(f"select count(*) from {table}")[0][0] for table in tables]


def outcomes(results: Iterable[AsyncResult[Any]]) -> Counter[str]:
    """How many got an answer, and how many which refusal."""
    return Counter(
        "an answer"
        if isinstance(found := each.get(timeout=PATIENCE, propagate=False), dict)
        else type(found).__name__
        for each in results
    )
