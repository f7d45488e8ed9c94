"""The cost of a sweep follows the due work, not the size of the tables: it uses partial indexes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from tests.builders import Cast, a_dispatch
from workflows import sweep
from workflows.events.deliver import forget_old_events
from workflows.sendout.claim import begin_sending, claim_batch, next_deliveries
from workflows.sendout.doubts import report_doubts
from workflows.sendout.left_behind import settle_left_behind
from workflows.sendout.send import lock_claimed

LOOKS: dict[str, tuple[Callable[[Session], object], str, str]] = {
    "letters": (sweep.publish_again, "FROM notification", "notification_ring_at_idx"),
    "sendouts": (sweep.publish_again, "FROM dispatch", "dispatch_ring_at_idx"),
    "doubts": (report_doubts, "FROM dispatch", "dispatch_doubts_unreported"),
    "left behind": (settle_left_behind, "FROM delivery", "delivery_claim_id_idx"),
    "events": (sweep.publish_again, "FROM event_delivery", "event_delivery_ring_at_idx"),
    "old events": (forget_old_events, "DELETE FROM event", "event_at_idx"),
    "old calls": (
        sweep.forget_old_calls,
        "DELETE FROM idempotent_call",
        "idempotent_call_called_at_idx",
    ),
}


@contextmanager
def statements(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """Collect every statement, with its parameters, that the session executes meanwhile."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


def plan(session: Session, statement: str, parameters: Any) -> str:
    """Return PostgreSQL's plan as if the tables were large."""
    session.execute(text("set local enable_seqscan = off"))
    session.execute(text("set local enable_sort = off"))
    rows = session.connection().exec_driver_sql(f"explain {statement}", parameters)
    return "\n".join(row[0] for row in rows)


def the_one(seen: Sequence[tuple[str, Any]], words: str) -> tuple[str, Any]:
    (found,) = [(statement, given) for statement, given in seen if words in statement]
    return found


@pytest.mark.parametrize(("look", "words", "index"), LOOKS.values(), ids=LOOKS)
def test_each_query_of_the_sweep_uses_its_index(
    session: Session, look: Callable[[Session], object], words: str, index: str
) -> None:
    with statements(session) as seen:
        look(session)

    found = plan(session, *the_one(seen, words))
    assert f"using {index} " in found or f"on {index} " in found
    assert "Sort" not in found


def test_the_query_for_the_next_batch_uses_its_index(session: Session, people: Cast) -> None:
    sending = a_dispatch(session, people)
    begin_sending(session, sending)

    with statements(session) as seen:
        session.execute(next_deliveries(sending, 50))

    found = plan(session, *the_one(seen, "FROM delivery"))
    assert "using delivery_dispatch_id_next_attempt_at_id_idx " in found


def test_the_deliveries_of_a_batch_are_found_by_its_claim(session: Session, people: Cast) -> None:
    batch = claim_batch(session, a_dispatch(session, people), UTC)

    with statements(session) as seen:
        lock_claimed(session, batch)

    assert "delivery_claim_id_idx" in plan(session, *the_one(seen, "FROM delivery"))
