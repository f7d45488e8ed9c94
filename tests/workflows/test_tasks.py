"""Public tasks, called by name as another service would: no code of ours, a real worker."""

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import NotRegistered, QueueNotFound

from tests.faults import conftest as fixtures
from tests.faults.calls import answer, call, decision, refusal, written
from tests.faults.live import LiveStack
from tests.waiting import PATIENCE, wait_for
from workflows.celery import app

celery_backend_cluster = fixtures.celery_backend_cluster
celery_broker_cluster = fixtures.celery_broker_cluster
celery_worker_cluster = fixtures.celery_worker_cluster
live = fixtures.live

SECRET = "s3cr3t"  # the value of an argument, which no refusal may quote
DAY = 24 * 60 * 60
STRANGER = """
import sys
from celery import Celery
app = Celery(broker=sys.argv[1], backend=sys.argv[1])
call = {"request_id": 1, "approver_id": int(sys.argv[2]), "verdict": "approved"}
call["idempotency_key"] = "stranger"
try:
    app.send_task("listgate.decide", kwargs=call, queue="moderation").get(timeout=60)
except Exception as refusal:
    print(type(refusal).__name__, refusal, "workflows" in sys.modules, sep="|")
"""


def test_a_service_asks(live: LiveStack) -> None:
    draft = live.draft()

    standing = answer(live, "request_approval", message_id=draft.id, author_id=live.people.ada.id)

    assert standing == {
        "message_id": draft.id,
        "message": "in_moderation",
        "request_id": 1,
        "request": "open",
    }
    live.wait_for_states("notification", sent=2)


def test_a_service_approves(live: LiveStack) -> None:
    live.ask(letters=False)

    standing = answer(live, "decide", **decision(live))

    assert standing == {
        "message_id": 1,
        "message": "scheduled",
        "request_id": 1,
        "request": "decided",
    }
    live.wait_for_states("dispatch", sent=1)


def test_a_service_rejects_and_says_why(live: LiveStack) -> None:
    live.ask(letters=False)
    rejection = decision(live, verdict="rejected")

    standing = answer(live, "decide", **rejection, comment="It is too long.")

    assert standing["message"] == "rejected"
    wait_for("the letter", lambda: live.letters("ada"))
    assert b"It is too long." in live.letters("ada")[0].content


def test_a_service_withdraws(live: LiveStack) -> None:
    request = live.ask(letters=False)

    standing = answer(live, "withdraw", request_id=request.id, author_id=live.people.ada.id)

    assert (standing["message"], standing["request"]) == ("draft", "withdrawn")


def test_a_service_recalls(live: LiveStack) -> None:
    request = live.ask(send_in=timedelta(hours=1), letters=False)
    live.decide(request)

    standing = answer(live, "recall", message_id=request.message_id, by_id=live.people.ada.id)

    assert standing == {"message_id": request.message_id, "message": "draft"}
    assert live.states("dispatch") == {"recalled": 1}


# What is wrong, and what makes it so in a decision that would be right otherwise; all that can be
# wrong is in tests/workflows/public/test_contract.py.
WRONG: dict[str, dict[str, Any]] = {
    "a number as text": {"request_id": "1"},
    "a number that no column holds": {"approver_id": 2**63},
    "an unknown verdict": {"verdict": SECRET},
    "an unknown argument": {"reason": SECRET},
    "a comment with half a character": {"comment": f"{SECRET}\ud800"},
    "a key that is a book": {"key": SECRET * 50},
}


def test_wrong_arguments_are_refused_in_words_that_quote_no_value(live: LiveStack) -> None:
    live.ask(letters=False)
    before = written(live)

    calls = {what: call(live, "decide", **decision(live) | wrong) for what, wrong in WRONG.items()}
    refusals = {what: refusal(result) for what, result in calls.items()}

    assert {what: kind for what, (kind, _) in refusals.items()} == dict.fromkeys(WRONG, "Invalid")
    assert [what for what, (_, words) in refusals.items() if not words or SECRET in words] == []
    assert written(live) == before


def test_every_task_wants_numbers_as_numbers(live: LiveStack) -> None:
    live.ask(letters=False)
    numbers = {
        "request_approval": {"message_id": "1", "author_id": "1"},
        "decide": {"request_id": "1", "approver_id": "2", "verdict": "approved"},
        "withdraw": {"request_id": "1", "author_id": "1"},
        "recall": {"message_id": "1", "by_id": "1"},
    }

    for task, arguments in numbers.items():
        kind, sentence = refusal(call(live, task, **arguments))
        assert (task, kind, sentence.count("valid integer")) == (task, "Invalid", 2)


def test_missing_and_unnamed_arguments_are_refused(live: LiveStack) -> None:
    live.ask(letters=False)
    service = live.service
    unnamed = service.send_task("listgate.decide", args=[SECRET], queue="moderation")
    without_key = service.send_task("listgate.decide", kwargs=decision(live), queue="moderation")

    assert refusal(unnamed) == ("Invalid", "Pass every argument by name.")
    assert refusal(without_key) == (
        "Invalid",
        "idempotency_key: a string of 1 to 200 characters is required (nothing was done)",
    )
    assert refusal(call(live, "withdraw"))[1].count("Field required") == 2
    assert live.states("moderation_request") == {"open": 1}


def test_refusals_arrive_by_name_and_with_a_sentence(live: LiveStack) -> None:
    first, _, _ = (live.ask(letters=False) for _ in range(3))
    live.decide(first)
    people = live.people
    live.sql('update "user" set disabled_at = now() where id = :id', id=people.barbara.id)
    answer(live, "withdraw", key="first", request_id=2, author_id=people.ada.id)
    linus, three = decision(live, by="linus"), {"request_id": 3}

    def error(task: str, **arguments: Any) -> tuple[str, str]:
        return refusal(call(live, task, **arguments))

    assert error("decide", **linus)[0] == "AlreadyDecided"
    assert error("decide", **linus)[1].startswith("Grace Hopper has already approved this message")
    assert error("decide", **linus | {"request_id": 2})[0] == "NoLongerOpen"
    assert error("decide", **linus | {"request_id": 4}) == ("Unknown", "There is no request 4.")
    assert error("decide", **linus | three | {"approver_id": 99})[0] == "Unknown"
    assert error("decide", **decision(live, by="barbara") | three) == (
        "Trespass",
        "Barbara Liskov is disabled.",
    )
    assert error("withdraw", **three, author_id=people.edsger.id)[0] == "Trespass"
    assert error("recall", message_id=3, by_id=people.ada.id)[0] == "IllegalTransition"


def test_a_user_who_is_not_an_approver_decides_nothing_and_is_audited(live: LiveStack) -> None:
    live.ask(letters=False)

    kind, sentence = refusal(call(live, "decide", **decision(live, by="edsger")))

    assert (kind, sentence) == (
        "NotAnApprover",
        "Edsger Dijkstra is not among the approvers of request 1.",
    )
    assert live.states("moderation_request") == {"open": 1}
    record = "select actor, door, message_id from audit_entry where act = 'refused'"
    assert live.sql(record) == [("Edsger Dijkstra", "service", 1)]


def test_a_caller_without_our_code_understands_a_refusal(live: LiveStack) -> None:
    live.ask(letters=False)
    url = live.setup.broker.container.celeryconfig["host_url"]
    command = [sys.executable, "-I", "-c", STRANGER, url, str(live.people.edsger.id)]

    said = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True).stdout

    sentence = "Edsger Dijkstra is not among the approvers of request 1."
    assert said == f"NotAnApprover|{sentence}|False\n"


def test_an_answer_is_kept_for_a_day(live: LiveStack) -> None:
    live.ask(letters=False)
    result = call(live, "decide", **decision(live))
    result.get(timeout=PATIENCE)

    kept = live.setup.backend.container.client.ttl(f"celery-task-meta-{result.id}")
    assert DAY - 60 < kept <= DAY


def test_a_task_that_does_not_exist_is_answered(live: LiveStack) -> None:
    with pytest.raises(NotRegistered):
        call(live, "approve").get(timeout=PATIENCE)


def test_publishing_to_a_queue_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(QueueNotFound):
        app.send_task("sweep.sweep", queue="sweeep")
