"""Signed calls, made as docs/tasks.md shows it: verified by a real worker, also after a retry."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from celery.result import AsyncResult

from models import Actor, Scope
from sandbox.postgres import Postgres
from tests.builders import ROOT
from tests.faults.calls import refusal
from tests.faults.live import LiveStack
from tests.faults.shared import environment
from tests.fork_server import ForkServer
from tests.nodes import Worker
from tests.waiting import PATIENCE, wait_for
from tests.workflows.services.callers import token_of
from workflows.services.services import add_key, add_service
from workflows.transaction import transaction

Call = Callable[..., AsyncResult[Any]]
INTRO = (ROOT / "docs/tasks.intro.md").read_text()
EXAMPLE, PARCEL = re.findall(r"^```python\n(.*?)^```", INTRO, re.MULTILINE | re.DOTALL)


@pytest.fixture
def example(live: LiveStack) -> Iterator[dict[str, Any]]:
    """The names of the first example, with the key of the service crm and the broker's URL."""
    with transaction() as session:
        crm = add_service(session, "crm", list(Scope), actor=Actor.operator())
        token = token_of(add_key(session, crm, actor=Actor.operator()))
    url = live.setup.broker.container.celeryconfig["host_url"]
    names: dict[str, Any] = {"url": url}
    written = EXAMPLE.partition("answer = ")[0].replace("lgs_1_…", token)
    exec(written.replace("redis://…/0", url), names)  # noqa: S102
    yield names
    names["listgate"].close()


@pytest.fixture
def crm(example: dict[str, Any]) -> Call:
    """The example's function."""
    call: Call = example["call"]
    return call


def acts(live: LiveStack) -> list[tuple[Any, ...]]:
    """Return what services did: act, actor and service."""
    query = "select act, actor, service from audit_entry where door = 'service' order by id"
    return [tuple(row) for row in live.sql(query)]


def test_the_examples_of_the_page_work(live: LiveStack, example: dict[str, Any]) -> None:
    draft, ada = live.draft(), live.people.ada.id
    ask = EXAMPLE[EXAMPLE.index("answer = ") :].partition("answer.get")[0]
    exec(ask.replace("=42", f"={draft.id}").replace("=7", f"={ada}"), example)  # noqa: S102
    move = PARCEL.replace("=7", f"={ada}").replace("ada@", "lovelace@")
    move = move.replace("call(", "moved = call(").replace("redis://…/0", example["url"])
    exec(move, example)  # noqa: S102

    assert example["answer"].get(timeout=PATIENCE)["message"] == "in_moderation"
    assert example["moved"].get(timeout=PATIENCE) == {"user_id": ada, "changed": True}
    assert [entry[1:] for entry in acts(live)] == [("Ada Lovelace", "crm")] * 2


def test_a_worker_refuses_calls_that_are_not_signed(live: LiveStack, crm: Call) -> None:
    ada, shared = live.people.ada.id, live.shared
    given = {"user_id": ada, "list": "announce", "idempotency_key": "k"}
    live.worker.kill()
    url = live.setup.broker.container.celeryconfig["host_url"]
    settings = environment(url, live.mailbox, shared.database, shared.list_server)
    with ExitStack() as stack:
        server = stack.enter_context(ForkServer(settings | {"SERVICES_OPEN": "false"}))
        stack.enter_context(Worker(server, children=2))
        unsigned = live.service.send_task(
            "listgate.subscribe", kwargs={**given, "by_id": ada}, queue="moderation"
        )
        copied = live.service.send_task(
            "listgate.subscribe",
            kwargs=given,
            queue="moderation",
            headers={"X-Listgate-Service": f"1.{int(time.time())}.{'0' * 64}"},
        )

        assert refusal(unsigned) == ("NotAuthenticated", "This call is not signed by a service.")
        assert refusal(copied)[0] == "NotAuthenticated"
        assert acts(live) == []
        assert crm("listgate.subscribe", **given).get(timeout=PATIENCE)["changed"]
        live.wait_until_idle()
    assert acts(live) == [("subscribed", "crm", "crm")]


def test_a_retry_after_an_unavailable_database_is_still_signed(
    live: LiveStack, own_postgres: Postgres, crm: Call
) -> None:
    own_postgres.kill()
    result = crm(
        "listgate.subscribe", user_id=live.people.ada.id, list="announce", idempotency_key="k"
    )
    wait_for("a failed attempt", lambda: result.state, enough=lambda state: state == "RETRY")

    own_postgres.start()

    assert result.get(timeout=PATIENCE)["changed"]
    assert acts(live) == [("subscribed", "crm", "crm")]
