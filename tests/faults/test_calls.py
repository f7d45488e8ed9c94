"""Calls of other services that are repeated, concurrent, or made while PostgreSQL is down."""

from datetime import timedelta
from typing import Any

from sandbox.postgres import Postgres
from tests.faults.calls import answer, call, decision, outcomes, refusal, written
from tests.faults.live import LiveStack
from tests.waiting import PATIENCE, wait_for


def test_a_repeated_call_gets_the_first_answer(live: LiveStack) -> None:
    request = live.ask(send_in=timedelta(hours=1), letters=False)
    first = answer(live, "decide", **decision(live))
    answer(live, "recall", key="other", message_id=request.message_id, by_id=live.people.ada.id)
    before = written(live)

    assert answer(live, "decide", **decision(live)) == first
    assert written(live) == before


def test_a_different_call_with_the_same_key_is_refused(live: LiveStack) -> None:
    live.ask(letters=False)
    answer(live, "decide", **decision(live))
    other = call(live, "decide", **decision(live, verdict="rejected"))
    another = call(live, "withdraw", request_id=1, author_id=live.people.ada.id)

    assert outcomes([other, another]) == {"KeyReused": 2}
    assert live.sql("select verdict from decision") == [("approved",)]


def test_a_refused_call_does_not_use_up_its_key(live: LiveStack) -> None:
    request = live.ask(letters=False)
    recall: dict[str, Any] = {"message_id": request.message_id, "by_id": live.people.ada.id}
    assert refusal(call(live, "recall", **recall))[0] == "IllegalTransition"
    live.sql("update message set send_at = now() + interval '1 hour'")
    live.decide(request)

    assert answer(live, "recall", **recall)["message"] == "draft"


def test_ten_concurrent_calls_with_one_key_act_once(live: LiveStack) -> None:
    live.ask(letters=False)

    answers = [call(live, "decide", **decision(live)) for _ in range(10)]

    assert outcomes(answers) == {"an answer": 10}
    assert live.sql("select count(*) from decision") == [(1,)]


def test_one_of_ten_concurrent_calls_with_different_keys_decides(live: LiveStack) -> None:
    live.ask(letters=False)

    answers = [call(live, "decide", key=str(n), **decision(live)) for n in range(10)]

    assert outcomes(answers) == {"an answer": 1, "AlreadyDecided": 9}


def test_a_call_while_postgres_is_down_is_answered_when_it_is_back(
    live: LiveStack, own_postgres: Postgres
) -> None:
    live.ask(letters=False)
    own_postgres.kill()
    result = call(live, "decide", **decision(live))
    wait_for("a failed attempt", lambda: result.state, enough=lambda state: state == "RETRY")

    own_postgres.start()

    assert result.get(timeout=PATIENCE)["message"] == "scheduled"
    live.wait_for_states("dispatch", sent=1)
