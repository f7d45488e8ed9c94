"""Public tasks check their arguments and answer each call once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models import Invalid, Verdict
from tests.builders import Cast, a_draft, a_request
from tests.workflows.locks import wait_until_one_waits
from workflows.public.call import Answer, Arguments
from workflows.public.idempotency import KeyReused, once
from workflows.public.lists import (
    ArchiveList,
    AssignApprovers,
    CreateList,
    PushList,
    UnarchiveList,
    UpdateList,
)
from workflows.public.messages import Recall, SubmitMessage
from workflows.public.moderation import Decide, RequestApproval, Withdraw, states
from workflows.public.people import (
    AddPerson,
    ChangeAddress,
    DisablePerson,
    EnablePerson,
    RemoveUser,
    UpdatePerson,
)
from workflows.public.people_sync import SyncPeople
from workflows.public.subscriptions import ImportSubscribers, Subscribe, Unsubscribe

GOOD: dict[type[Arguments], dict[str, Any]] = {
    RequestApproval: {"idempotency_key": "k", "message_id": 1, "author_id": 2},
    Decide: {"idempotency_key": "k", "request_id": 1, "approver_id": 2, "verdict": "approved"},
    Withdraw: {"idempotency_key": "k", "request_id": 1, "author_id": 2},
    Recall: {"idempotency_key": "k", "message_id": 1, "by_id": 2},
    Subscribe: {"idempotency_key": "k", "user_id": 1, "list": "a", "by_id": 2},
    Unsubscribe: {"idempotency_key": "k", "user_id": 1, "list": "a", "by_id": 2},
    ImportSubscribers: {"idempotency_key": "k", "list": "a", "user_ids": [1, 3], "by_id": 2},
    ChangeAddress: {"idempotency_key": "k", "user_id": 1, "address": "a@b.example"},
    RemoveUser: {"idempotency_key": "k", "user_id": 1, "by_id": 2},
    SyncPeople: {"idempotency_key": "k", "csv": "external_id,address,name", "by_id": 2},
    PushList: {"idempotency_key": "k", "list": "a", "by_id": 2},
    SubmitMessage: {"idempotency_key": "k", "list": "a", "author_id": 2, "subject": "Hello"},
    AddPerson: {"idempotency_key": "k", "address": "a@b.example", "name": "A", "by_id": 2},
    UpdatePerson: {"idempotency_key": "k", "user_id": 1, "name": "A", "by_id": 2},
    DisablePerson: {"idempotency_key": "k", "user_id": 1, "by_id": 2},
    EnablePerson: {"idempotency_key": "k", "user_id": 1, "by_id": 2},
    CreateList: {
        "idempotency_key": "k",
        "short_name": "a",
        "address": "a@b.example",
        "name": "A",
        "by_id": 2,
    },
    UpdateList: {"idempotency_key": "k", "list": "a", "name": "A", "by_id": 2},
    ArchiveList: {"idempotency_key": "k", "list": "a", "by_id": 2},
    UnarchiveList: {"idempotency_key": "k", "list": "a", "by_id": 2},
    AssignApprovers: {"idempotency_key": "k", "list": "a", "approver_list": "b", "by_id": 2},
}
# Any text is a register until its lines are read.
ARGUMENTS = [(kind, name) for kind, good in GOOD.items() for name in good if name != "csv"]
WRONG_IDS: list[Any] = [0, -1, 2**63, "1", "", 1.0, 1.5, True, None, [1], {"id": 1}]

recall = GOOD[Recall]


class Spy:
    """Something to do, that counts how often it was done."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self) -> dict[str, Any]:
        self.done += 1
        return {"done": self.done}


def test_good_arguments_are_read() -> None:
    for kind, good in GOOD.items():
        call = kind.read(good)

        assert call.model_dump(mode="json", exclude_defaults=True) == good


def test_a_decision_may_bring_a_comment() -> None:
    call = Decide.read(GOOD[Decide] | {"verdict": "rejected", "comment": "x" * 10_000})

    assert (call.verdict, len(call.comment)) == (Verdict.REJECTED, 10_000)


def needed(kind: type[Arguments]) -> list[str]:
    """Return the names of the arguments that have no default."""
    return [name for name, field in kind.model_fields.items() if field.is_required()]


def refusal(kind: type[Arguments], arguments: dict[str, Any]) -> str:
    """Return the sentence with which the arguments are refused, or ""."""
    try:
        kind.read(arguments)
    except Invalid as refused:
        return str(refused)
    return ""


def test_each_argument_is_needed_and_named_when_it_is_missing() -> None:
    for kind, good in GOOD.items():
        for missing in needed(kind):
            given = {name: value for name, value in good.items() if name != missing}
            assert refusal(kind, given).startswith(f"{missing}: Field required"), kind


def test_an_id_is_a_positive_whole_number_and_nothing_like_it() -> None:
    for kind, good in GOOD.items():
        for name in [name for name in good if name.endswith("_id")]:
            for wrong in (0, "1"):
                assert refusal(kind, good | {name: wrong}).startswith(f"{name}: "), kind
    for wrong in WRONG_IDS:
        assert refusal(Recall, recall | {"message_id": wrong}).startswith("message_id: "), wrong


def test_an_idempotency_key_is_a_short_text() -> None:
    for kind, good in GOOD.items():
        for key in ("", "k" * 201):
            wrong = good | {"idempotency_key": key}
            assert refusal(kind, wrong).startswith("idempotency_key: "), kind


def test_a_verdict_is_one_of_three_words() -> None:
    for verdict in ["", "Approved", "withdrawn", 1, None]:
        assert refusal(Decide, GOOD[Decide] | {"verdict": verdict}).startswith("verdict: "), verdict


def test_a_comment_is_a_text_of_bounded_length() -> None:
    for comment in ["x" * 10_001, 1, None]:
        assert refusal(Decide, GOOD[Decide] | {"comment": comment}).startswith("comment: ")


@pytest.mark.parametrize("name", ["idempotency_key", "comment"])
def test_no_text_holds_a_nul_that_no_database_takes(name: str) -> None:
    with pytest.raises(Invalid, match=f"^{name}: "):
        Decide.read(GOOD[Decide] | {name: "a\0b"})


def test_an_argument_too_many_is_refused_by_its_name() -> None:
    for kind, good in GOOD.items():
        refused = refusal(kind, good | {"force": True})
        assert refused.startswith("force: Extra inputs are not permitted"), kind


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(Invalid, match=r"idempotency_key: .*; message_id: .*; by_id: "):
        Recall.read({"message_id": "1", "by_id": -2})


SECRET = "ada@example.org +41 44 668 18 00"


@given(
    wrong=st.one_of(
        st.just(SECRET * 400),
        st.lists(st.just(SECRET), min_size=1),
        st.dictionaries(st.just("a"), st.just(SECRET), min_size=1),
    ),
    where=st.sampled_from(ARGUMENTS),
)
def test_a_refusal_never_quotes_a_value(wrong: Any, where: tuple[type[Arguments], str]) -> None:
    kind, name = where

    with pytest.raises(Invalid) as refusal:
        kind.read(GOOD[kind] | {name: wrong})

    assert "ada" not in str(refusal.value)
    assert "668" not in str(refusal.value)
    # Celery keeps the chain of a failed task's exceptions for everybody who watches it.
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


def test_the_same_call_gets_the_first_answer_again(session: Session) -> None:
    act = Spy()

    answers = [once(session, "listgate.recall", recall, act) for _ in range(3)]

    assert answers == [{"done": 1}] * 3
    assert act.done == 1


def test_another_key_is_another_call(session: Session) -> None:
    act = Spy()
    other = recall | {"idempotency_key": "other"}

    assert once(session, "listgate.recall", recall, act) == {"done": 1}
    assert once(session, "listgate.recall", other, act) == {"done": 2}


@pytest.mark.parametrize(
    ("task", "call"),
    [
        ("listgate.recall", recall | {"by_id": 3}),
        ("listgate.withdraw", recall),
        ("listgate.withdraw", GOOD[Withdraw]),
    ],
)
def test_the_same_key_for_another_call_is_refused(
    session: Session, task: str, call: dict[str, Any]
) -> None:
    act = Spy()
    once(session, "listgate.recall", recall, act)

    with pytest.raises(KeyReused, match="already been used for another call"):
        once(session, task, call, act)

    assert act.done == 1


def test_a_comment_belongs_to_the_call(session: Session) -> None:
    first = GOOD[Decide] | {"comment": "Grüße \U0001f600"}
    once(session, "listgate.decide", first, Spy())
    session.flush()
    session.expire_all()

    assert once(session, "listgate.decide", first, Spy()) == {"done": 1}
    with pytest.raises(KeyReused):
        once(session, "listgate.decide", first | {"comment": ""}, Spy())


def test_a_call_that_was_refused_can_be_made_again(session: Session) -> None:
    def refuse() -> dict[str, Any]:
        raise Invalid("not now")

    with pytest.raises(Invalid), session.begin_nested():
        once(session, "listgate.recall", recall, refuse)

    assert once(session, "listgate.recall", recall, Spy()) == {"done": 1}


def test_the_second_of_two_equal_calls_waits_for_the_answer_of_the_first(
    own_database: Engine,
) -> None:
    act = Spy()

    def ask(session: Session) -> dict[str, Any]:
        return once(session, "listgate.recall", recall, act)

    with (
        ThreadPoolExecutor(1) as colleague,
        Session(own_database) as first,
        Session(own_database) as second,
    ):
        ask(first)
        first.flush()
        waiting = colleague.submit(ask, second)
        wait_until_one_waits(own_database)
        first.commit()

        assert waiting.result(timeout=10) == {"done": 1}
        assert act.done == 1


def test_an_answer_says_where_message_and_request_stand(session: Session, people: Cast) -> None:
    draft, request = a_draft(session, people), a_request(session, people)

    assert shown(states(draft)) == {"message_id": draft.id, "message": "draft"}
    assert shown(states(request.message, request)) == {
        "message_id": request.message_id,
        "message": "in_moderation",
        "request_id": request.id,
        "request": "open",
    }


def shown(answer: Answer) -> dict[str, Any]:
    """Return an answer as the caller gets it."""
    return answer.model_dump(mode="json", exclude_none=True)
