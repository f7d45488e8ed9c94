"""The client's requests are read as they were meant, repeated with one key, and paged."""

import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest
from flask import Flask, request

from listgate_client import NoAnswer, Refused
from listgate_client.http import ATTEMPTS, Api
from portal.api.arguments import arguments_of
from portal.api.calls import api as routes
from portal.api.routes import Route, routed
from workflows.public.declare import Operation

DONE = httpx.Response(200, json={"user_id": 7, "changed": True})
BUSY = httpx.Response(503, headers={"Retry-After": "3"}, json={})


class Listgate:
    """Answers requests in its order, and keeps them."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self) -> Api:
        """Return a client that calls it."""
        return Api("http://listgate.example/", "lgs_7_token", transport=httpx.MockTransport(self))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect the pauses between attempts, instead of making them."""
    made: list[float] = []
    monkeypatch.setattr(time, "sleep", made.append)
    return made


def sample(schema: Mapping[str, Any]) -> Any:
    """Return a value that a schema allows, as far as the client looks at it."""
    if schema.get("title") == "Idempotency Key":
        return "new-for-each-thing"
    kind = schema.get("anyOf", [schema])[-1 if "default" not in schema else 0].get("type")
    return {"array": [7], "boolean": True, "integer": 7}.get(kind, "a ü?#%&=+")


@pytest.mark.parametrize(("operation", "route"), routed())
def test_a_request_is_read_as_the_arguments_that_were_given(
    operation: Operation, route: Route
) -> None:
    listgate, name = (
        Listgate(httpx.Response(200, json={"items": []})),
        operation.name.removeprefix("listgate."),
    )
    fields = operation.arguments.model_json_schema()["properties"]
    given = {field: sample(fields[field]) for field in fields if field not in {"parcel", "cursor"}}

    with listgate.client() as client:
        call: Callable[..., object] = getattr(client, name)
        answered = call(**given)
        if inspect.isgenerator(answered):
            assert list(answered) == []

    (sent,) = listgate.requests
    assert sent.headers["Authorization"] == "Bearer lgs_7_token"
    app, target = Flask("api"), sent.url.raw_path.decode()
    app.register_blueprint(routes)
    with app.test_request_context(
        target, method=sent.method, headers=dict(sent.headers), data=sent.read()
    ):
        assert request.endpoint == f"api.{name}"
        assert arguments_of(operation, route, request.view_args or {}) == given


def test_a_call_is_repeated_with_its_key_until_it_is_answered(pauses: list[float]) -> None:
    listgate = Listgate(BUSY, httpx.ReadTimeout("too slow"), httpx.Response(500), DONE)

    with listgate.client() as client:
        assert client.remove_user(user_id=7) == {"user_id": 7, "changed": True}

    keys = {sent.headers["Idempotency-Key"] for sent in listgate.requests}
    assert (len(listgate.requests), len(keys)) == (4, 1)
    assert pauses[0] == 3
    assert 1 <= pauses[1] <= 2 <= pauses[2] <= 4


def test_a_call_without_an_answer_names_its_key(pauses: list[float]) -> None:
    listgate = Listgate(*[httpx.ConnectError("refused")] * ATTEMPTS)

    with listgate.client() as client, pytest.raises(NoAnswer, match="refused") as missing:
        client.remove_user(user_id=7, idempotency_key="again")

    assert missing.value.idempotency_key == "again"
    assert len(pauses) == ATTEMPTS - 1


def test_a_refusal_is_not_repeated() -> None:
    problem = {"code": "already_decided", "detail": "Grace has already approved it."}
    listgate = Listgate(httpx.Response(409, json=problem), httpx.Response(413, text="<html>"))

    with listgate.client() as client:
        for code, sentence in ((problem["code"], problem["detail"]), ("status_413", "Request")):
            with pytest.raises(Refused, match=sentence) as refused:
                client.decide(request_id=1, approver_id=2, verdict="approved")
            assert refused.value.code == code


def test_pages_are_read_one_after_the_other() -> None:
    pages: Iterator[dict[str, Any]] = iter(
        [{"items": [1, 2], "next": "c1"}, {"items": [], "next": "c2"}, {"items": [3]}]
    )
    listgate = Listgate(*(httpx.Response(200, json=page) for page in pages))

    with listgate.client() as client:
        listed: list[Any] = [*client.list_messages(list="news", limit=2)]

    assert listed == [1, 2, 3]
    cursors = [dict(sent.url.params).get("cursor") for sent in listgate.requests]
    assert cursors == [None, "c1", "c2"]
    assert {sent.url.params["list"] for sent in listgate.requests} == {"news"}
