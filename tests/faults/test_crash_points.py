"""A process dies (SIGKILL) at each point of a call; the caller repeats it: it has one effect."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from listgate_client.http import Api
from listgate_client.operations import Operations
from listgate_client.tasks import Tasks
from models import Actor, EventKind, Scope
from sandbox.commands import gunicorn
from sandbox.stack import port
from tests.faults.calls import visibility_times_out
from tests.faults.crashing import AFTER_COMMIT, BEFORE_ANSWER, BEFORE_COMMIT, KEY
from tests.faults.live import PRIVATE, LiveStack
from tests.fork_server import ForkedProgram
from tests.nodes import Worker
from tests.waiting import PATIENCE, wait_for
from tests.workflows.services.callers import give_external_id, token_of
from workflows.events.endpoints import add_endpoint
from workflows.public.caller import Caller
from workflows.services.services import add_key, add_service
from workflows.transaction import transaction

# A call through the client, with this idempotency key.
Call = Callable[[Operations, str], object]

KINDS: Final = (EventKind.MESSAGE_ASKED, EventKind.SUBSCRIPTION_CHANGED)
ASKED: Final = {"act asked": 1, "event message.asked": 1, "letter SysMsgMessageModerate": 2}


@pytest.fixture
def token(live: LiveStack) -> str:
    """The token of a service that gets events, and whose register has Edsger as number 1."""
    operator = Actor.operator()
    with transaction() as session:
        register = add_service(session, "register", [*Scope], actor=operator)
        key = add_key(session, register, actor=operator)
        give_external_id(session, Caller(key), "1", user=live.people.edsger)
        add_endpoint(session, register, None, kinds=KINDS, actor=operator)
    return token_of(key)


def request_approval(live: LiveStack) -> tuple[Call, dict[str, int]]:
    """Ask for a draft; each approver gets a letter."""
    asked = {"message_id": live.draft().id, "author_id": live.people.ada.id}
    return lambda client, key: client.request_approval(**asked, idempotency_key=key), ASKED


def submit_message(live: LiveStack) -> tuple[Call, dict[str, int]]:
    """Write a message and ask for it."""
    ada = live.people.ada.id

    def call(client: Operations, key: str) -> object:
        return client.submit_message(
            list="announce",
            author_id=ada,
            subject="General assembly",
            text="please come",
            idempotency_key=key,
        )

    return call, {"act wrote": 1, **ASKED}


def sync_people(_: LiveStack) -> tuple[Call, dict[str, int]]:
    """Bring Edsger's new address, which is confirmed to both, and three new people."""
    new = [f"{number},new{number}@example.org,New {number}" for number in (2, 3, 4)]
    register = ["external_id,address,name", "1,edsger@tue.example.org,Edsger Dijkstra", *new]

    def call(client: Operations, key: str) -> object:
        return client.sync_people(csv="\n".join(register), idempotency_key=key)

    return call, {
        "act changed_address": 1,
        "act added_user": 3,
        "act synced_people": 1,
        "event subscription.changed": 1,
        "letter SysMsgAccountAddressChanged": 2,
    }


def effects(live: LiveStack) -> Counter[str]:
    """Count the acts of services, their keys, the events, and the letters that were sent."""
    return Counter(
        what
        for (what,) in live.sql(
            "select 'act ' || act from audit_entry where door = 'service'"
            " union all select 'key of ' || task from idempotent_call"
            " union all select 'event ' || kind from event"
            " union all select 'letter ' || letter from notification where state = 'sent'"
        )
    )


def settled(live: LiveStack) -> Counter[str]:
    """Return the effects once every letter and event is delivered."""

    def all_sent() -> bool:
        live.sweep_after_an_hour()
        live.wait_until_idle()
        return all(
            live.states(table).keys() == {"sent"} for table in ("notification", "event_delivery")
        )

    wait_for("letters and events", all_sent)
    return effects(live)


def test_a_worker_that_dies_at_any_point_of_a_call_leaves_one_effect(
    live: LiveStack, token: str
) -> None:
    live.worker.kill()
    broker = live.setup.broker.container
    url, fork_server = broker.celeryconfig["host_url"], live.shared.fork_server
    with (
        Worker(fork_server, children=2, app="tests.faults.crashing_worker") as worker,
        Tasks(url, token, timeout=PATIENCE) as first,
        Tasks(url, token, timeout=PATIENCE) as second,
        ThreadPoolExecutor() as caller,
    ):
        for prepare, point in (
            (request_approval, AFTER_COMMIT),
            (submit_message, BEFORE_COMMIT),
            (sync_people, BEFORE_ANSWER),
        ):
            (call, left), before = prepare(live), effects(live)
            broker.client.rpush(KEY, point)
            unanswered = caller.submit(call, first, point)
            wait_for("a child to die", lambda: not broker.client.exists(KEY))
            worker.kill()
            visibility_times_out(broker.client)
            worker.start()

            again = call(second, point)

            assert unanswered.result() == again, point
            done = settled(live) - before
            assert done == left | {f"key of listgate.{prepare.__name__}": 1}, point
        assert [word for word in PRIVATE if word in worker.log] == []


def test_a_portal_that_dies_at_any_point_of_a_request_leaves_one_effect(
    live: LiveStack, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The port stays open while gunicorn replaces the process that died.
    monkeypatch.setattr("listgate_client.http.backoff", lambda _attempt: 0.0)
    broker, web = live.setup.broker.container, port()
    command, log = [*gunicorn(web)[:-1], "tests.faults.crashing_portal:app"], tmp_path / "web.log"
    with (
        ForkedProgram(live.shared.fork_server, command, log, ready="Booting worker") as portal,
        Api(f"http://127.0.0.1:{web}", token) as client,
    ):
        portal.wait_until_ready()
        for prepare, point in (
            (request_approval, BEFORE_ANSWER),
            (submit_message, AFTER_COMMIT),
            (sync_people, BEFORE_COMMIT),
        ):
            (call, left), before = prepare(live), effects(live)
            broker.client.rpush(KEY, point)

            repeated = call(client, point)  # by the client, which had no answer

            assert not broker.client.exists(KEY), "no process has died"
            assert call(client, point) == repeated, point
            done = settled(live) - before
            assert done == left | {f"key of listgate.{prepare.__name__}": 1}, point
