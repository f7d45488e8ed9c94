"""A route does what its task does: same arguments, same answer, same refusals."""

from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import AuditEntry, IdempotentCall, Scope, ServiceKey, Subscription
from models.clock import now
from portal.api.routes import PREFIX, ROUTES, changes, routed
from settings import settings
from tests.builders import Cast, a_draft, a_list, a_request
from tests.portal.api.client import Client, a_key, token_of
from tests.portal.matrix.installation import Installation
from tests.portal.visitors import PUBLIC, app_for, forget_guesses
from workflows.celery import app as celery
from workflows.public.operations import OPERATIONS


def problem(answer: TestResponse) -> tuple[int, str]:
    """The status and the code of a refusal, which must be a problem."""
    assert answer.mimetype == "application/problem+json", answer.text
    assert answer.json
    assert answer.json["status"] == answer.status_code
    return answer.status_code, str(answer.json["code"])


def test_every_operation_has_a_route_whose_path_names_its_arguments() -> None:
    assert OPERATIONS.keys() == ROUTES.keys()
    for operation, route in routed():
        assert set(route.in_path) <= operation.arguments.model_fields.keys(), operation.name
        assert (route.method == "GET") == (not changes(operation)), operation.name
    places = [(route.method, route.path) for route in ROUTES.values()]
    assert len(places) == len(set(places))


def test_a_task_and_a_route_give_the_same_answer(
    session: Session, people: Cast, register: Client
) -> None:
    first, second = a_draft(session, people), a_draft(session, people)
    ask = {"author_id": people.ada.id}

    by_task = celery.tasks["listgate.request_approval"](
        message_id=first.id, idempotency_key="a", **ask
    )
    by_route = register.send("POST", f"/messages/{second.id}/approval-requests", json=ask)

    assert by_route.status_code == 200
    assert by_route.json == {
        **by_task,
        "message_id": second.id,
        "request_id": by_task["request_id"] + 1,
    }


def test_a_repeated_call_has_one_effect(session: Session, people: Cast, register: Client) -> None:
    a_list(session, "staff")
    path, headers = f"/lists/staff/subscribers/{people.linus.id}", {"Idempotency-Key": '"a b"'}

    first = register.send("PUT", path, headers=headers)
    again = register.send("PUT", path, headers=headers)
    other = register.send("DELETE", path, headers=headers)

    assert first.json == again.json == {"user_id": people.linus.id, "changed": True}
    assert problem(other) == (422, "key_reused")
    assert session.scalars(select(IdempotentCall.key)).one() == "a b"
    assert register.send("PUT", path).json == {"user_id": people.linus.id, "changed": False}


def test_the_audit_trail_names_the_service(
    session: Session, people: Cast, register: Client
) -> None:
    draft = a_draft(session, people)

    register.send(
        "POST", f"/messages/{draft.id}/approval-requests", json={"author_id": people.ada.id}
    )

    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert entry.service == "register"


def test_a_key_without_the_scope_is_refused_and_recorded(
    session: Session, people: Cast, register: Client
) -> None:
    few = a_key(session, Scope.READ, Scope.PEOPLE, name="reader")
    reader = Client(register.app, token_of(few))
    before = session.scalar(select(func.count(Subscription.user_id)))

    refused = reader.send("PUT", f"/lists/announce/subscribers/{people.linus.id}")

    assert problem(refused) == (403, "trespass")
    assert refused.json
    assert refused.json["scope"] == "subscriptions"
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]
    assert session.scalar(select(func.count(Subscription.user_id))) == before
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.act, entry.service) == ("refused", "reader")


def test_no_route_answers_without_a_right_token(installation: Installation) -> None:
    """One of another installation on each route; on one, also no token and no bearer token."""
    app, before = installation.app, installation.rows()
    wrong = [f"Bearer lgs_1_{'a' * 52}", "", "Basic YTpi", "Bearer", "Bearer x"]
    forget_guesses(app)

    for turn, (operation, route) in enumerate(routed()):
        path = PREFIX + route.path.replace("{", "").replace("}", "")
        for header in wrong if turn == 0 else wrong[:1]:
            answer = app.test_client().open(
                path, method=route.method, base_url=PUBLIC, headers={"Authorization": header}
            )
            assert problem(answer)[0] == 401, operation.name
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
            assert "Set-Cookie" not in answer.headers
    assert installation.rows() == before


def test_no_route_answers_a_token_without_its_scope(session: Session, register: Client) -> None:
    clients = {
        scope: Client(register.app, token_of(a_key(session, *(set(Scope) - {scope}), name=scope)))
        for scope in Scope
    }

    for operation, route in routed():
        path = route.path.replace("{", "").replace("}", "")
        answer = clients[operation.scope].send(route.method, path)
        assert problem(answer) == (403, "trespass"), operation.name


@pytest.mark.parametrize("ended", ["revoked_at", "expires_at"])
def test_a_key_that_has_ended_is_refused(session: Session, register: Client, ended: str) -> None:
    key = session.scalars(select(ServiceKey)).one()
    setattr(key, ended, now())
    session.flush()

    assert problem(register.get("/lists")) == (401, "not_authenticated")


def test_wrong_tokens_are_counted_by_address_and_right_ones_go_on(register: Client) -> None:
    guesser = Client(register.app, f"lgs_1_{'a' * 52}")

    statuses = {guesser.get("/lists").status_code for _ in range(100)}
    limited = guesser.get("/lists")

    assert statuses == {401}
    assert problem(limited) == (429, "too_many_requests")
    assert 0 < int(limited.headers["Retry-After"]) <= 900
    assert register.get("/lists").status_code == 200


def test_each_key_has_a_rate_of_its_own(session: Session, register: Client) -> None:
    app = app_for(settings.model_copy(update={"public_url": PUBLIC, "api_rate": 2}))
    forget_guesses(app)
    one = Client(app, register.token)
    other = Client(app, token_of(a_key(session, name="other")))

    answers = [one.get("/lists"), one.get("/people"), one.get("/lists")]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=2;w=60'
    assert answers[0].headers["RateLimit"].startswith('"default";r=1;t=')
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    assert other.get("/lists").status_code == 200


BAD_BODIES: tuple[tuple[dict[str, Any], tuple[int, str]], ...] = (
    ({"data": b"{", "content_type": "application/json"}, (400, "bad_request")),
    ({"data": b"[]", "content_type": "application/json"}, (400, "bad_request")),
    ({"data": b'{"a": NaN}', "content_type": "application/json"}, (400, "bad_request")),
    ({"data": b'{"a": "\xff"}', "content_type": "application/json"}, (400, "bad_request")),
    ({"data": b"[" * 100_000, "content_type": "application/json"}, (400, "bad_request")),
    ({"data": b'{"a": "\\ud800"}', "content_type": "application/json"}, (400, "invalid")),
    (
        {"data": b"a=b", "content_type": "application/x-www-form-urlencoded"},
        (415, "unsupported_media_type"),
    ),
    ({"data": b" " * 2_000_001, "content_type": "application/json"}, (413, "content_too_large")),
    ({"json": {"idempotency_key": "a"}}, (400, "invalid")),
    ({"json": {"parcel": "5f0b6c2e-7c1a-4c8d-9d0e-2b1f3a4c5d6e"}}, (400, "invalid")),
    ({"json": {"message_id": 1}}, (400, "invalid")),
    ({"json": {"author_id": 1}, "headers": {"Idempotency-Key": ""}}, (400, "invalid")),
)


def test_a_wrong_body_is_a_problem(register: Client) -> None:
    for options, expected in BAD_BODIES:
        answer = register.send("POST", "/messages/1/approval-requests", **options)
        assert problem(answer) == expected, options


KEYS = ("a/b?c#d;e=f+g", "50%, a%2Fb, a%252Fb, %1F, Zoë ☃ %", "/", "..", "x" * 200)


def test_a_key_may_have_any_sign_in_a_path(register: Client) -> None:
    for number, key in enumerate(KEYS):
        person = {"address": f"{number}@example.org", "name": "N", "external_id": key}
        added = register.send("POST", "/people", json=person)
        assert added.json
        found = register.send("POST", f"/people/external:{quote(key, safe='')}/disable")
        assert found.json == added.json, key


def test_a_slash_that_is_not_encoded_is_one_between_parts(register: Client) -> None:
    assert problem(register.send("POST", "/people/external:a/b/disable")) == (404, "not_found")


def test_a_server_without_the_path_as_it_came_loses_slashes_only(register: Client) -> None:
    without = {"environ_overrides": {"RAW_URI": ""}}

    for key, expected in (("a%2Fb", "not_found"), ("50%25", "unknown")):
        answer = register.get(f"/people/external:{key}/subscriptions", **without)
        assert problem(answer) == (404, expected)


def test_a_refusal_says_what_the_client_can_do(register: Client) -> None:
    for method, path, headers, words in (
        ("POST", "/people", {"Idempotency-Key": ""}, "header Idempotency-Key"),
        ("GET", "/people?limit=0", {}, "limit: Input should be greater than 0"),
        ("GET", f"/messages/{10**19}", {}, "message_id: Input should be less than or equal to"),
        ("PATCH", "/lists/announce", {"If-Match": '"x"'}, "leave out If-Match"),
        ("DELETE", "/lists/announce/archive", {"If-Match": "*"}, "leave out If-Match"),
    ):
        answer = register.send(method, path, headers=headers)
        assert problem(answer)[0] == (412 if "If-Match" in headers else 400), path
        assert answer.json
        assert words in answer.json["detail"], answer.json


def test_a_register_may_be_the_whole_body(register: Client) -> None:
    people = "external_id,address,name\n1,new@example.org,New\n"

    for body in ({"data": people.encode(), "content_type": "text/csv"}, {"json": {"csv": people}}):
        answer = register.send("POST", "/people/sync?dry_run=true", **body)

        assert answer.status_code == 200, answer.text
        assert answer.json
        assert (answer.json["dry_run"], answer.json["added"]) == (True, 1)


def test_a_problem_names_each_wrong_argument_in_the_clients_language(register: Client) -> None:
    answer = register.send(
        "PUT",
        "/approval-requests/0/decision",
        json={"approver_id": "1", "verdict": "yes"},
        headers={"Accept-Language": "de"},
    )

    assert problem(answer) == (400, "invalid")
    assert answer.json
    named = {error["field"] for error in answer.json["errors"]}
    assert named == {"request_id", "approver_id", "verdict"}
    assert answer.headers["Content-Language"] == "de"
    assert "es wurde nichts getan" in answer.json["detail"]


def test_a_state_that_does_not_allow_it_is_a_conflict(
    session: Session, people: Cast, register: Client
) -> None:
    request = a_request(session, people)
    path = f"/approval-requests/{request.id}/decision"
    answer = {"approver_id": people.grace.id, "verdict": "approved"}

    first = register.send("PUT", path, json=answer)
    second = register.send("PUT", path, json=answer)

    assert first.status_code == 200
    assert problem(second) == (409, "already_decided")


def test_what_is_unknown_is_not_found(register: Client) -> None:
    assert problem(register.get("/messages?list=unknown")) == (404, "unknown")
    assert problem(register.get("/unknown")) == (404, "not_found")
    assert problem(register.app.test_client().get("/api/v9/lists")) == (404, "not_found")
    wrong = register.send("PATCH", "/people")
    assert problem(wrong) == (405, "method_not_allowed")
    assert {"GET", "HEAD", "OPTIONS"} <= set(wrong.headers["Allow"].split(", "))


@pytest.mark.parametrize("failure", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_a_problem_for_later(
    register: Client, monkeypatch: pytest.MonkeyPatch, failure: type[OperationalError]
) -> None:
    def fail(*_: object) -> None:
        raise failure("select", {}, Exception("away"))

    monkeypatch.setattr("portal.api.calls.key_of_token", fail)

    answer = register.get("/lists")

    assert problem(answer) == (503, "service_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_fault_is_a_problem_too(register: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("portal.api.calls.key_of_token", fail)

    assert problem(register.get("/lists")) == (500, "failed")


def test_no_cookie_counts_and_none_is_set(register: Client) -> None:
    answer = register.get("/lists", headers={"Cookie": "__Host-listgate=x"})

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
