"""After a FLUSHALL at any moment the sweep publishes again (P4), and nothing is repeated (P5)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from models import Verdict
from sandbox.valkey import Valkey
from tests.faults.live import LiveStack
from tests.waiting import wait_for
from workflows.celery import app


def no_worker_listens(queue: redis.Redis) -> bool:
    """Return whether no worker fetches tasks; a worker that does is blocked in BRPOP."""
    return not any("b" in client["flags"] for client in queue.client_list())


@contextmanager
def lost(queue: Valkey) -> Iterator[None]:
    """Publish to queues that no worker reads in the block, then FLUSHALL."""
    other = queue.url.removesuffix("/0") + "/1"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.conf, "broker_url", other)
        yield
    with redis.Redis.from_url(other) as client:
        assert client.dbsize() > 0, "nothing was published"
        # In one transaction: workers regularly write a key when they restore unacknowledged tasks.
        with client.pipeline() as at_once:
            assert at_once.flushall().info("keyspace").execute() == [True, {}]


def test_approvers_are_notified_although_the_tasks_are_lost(
    live: LiveStack, own_valkey: Valkey
) -> None:
    with lost(own_valkey):
        live.ask()

    live.sweep_after_an_hour()

    live.wait_for_states("notification", sent=2)
    assert [len(live.letters(name)) for name in ("grace", "linus")] == [1, 1]


def test_an_approved_message_is_sent_although_the_task_is_lost(
    live: LiveStack, own_valkey: Valkey
) -> None:
    request = live.ask(letters=False)
    with lost(own_valkey):
        live.decide(request)

    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.copies() == {"edsger@example.org": 1, "barbara@example.org": 1}


def test_an_author_is_notified_of_a_rejection_although_the_task_is_lost(
    live: LiveStack, own_valkey: Valkey
) -> None:
    request = live.ask(letters=False)
    with lost(own_valkey):
        live.decide(request, Verdict.REJECTED)

    live.sweep_after_an_hour()

    live.wait_for_states("notification", sent=4)
    assert len(live.letters("ada")) == 1


@pytest.mark.usefixtures("short_lanes")
def test_the_next_batch_is_sent_although_the_task_is_lost(
    live: LiveStack, own_valkey: Valkey
) -> None:
    live.subscribe(118)
    live.mailbox.be_slow(0.3)  # so that no lane ends before the worker stops fetching tasks
    live.send()
    wait_for("the first copy", live.copies)

    # After SIGTERM each lane finishes its batch and publishes the task for the next one.
    began = len(live.worker.log)
    live.worker.terminate()
    wait_for("the shutdown", lambda: "Warm shutdown" in live.worker.log[began:])
    with redis.Redis.from_url(own_valkey.url, decode_responses=True) as client:
        wait_for("the worker to stop fetching", lambda: no_worker_listens(client))
        live.mailbox.be_slow(0)
        wait_for("the worker to end", lambda: live.worker.pid is None)
        assert live.states("delivery").keys() == {"sent", "pending"}
        assert client.llen("sendout") >= 1
        client.flushall()
    live.worker.start()
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.states("delivery") == {"sent": 120}
    assert set(live.copies().values()) == {1}


def test_a_message_is_sent_although_the_broker_is_emptied_all_the_time(
    live: LiveStack, own_valkey: Valkey
) -> None:
    live.subscribe(58)
    with emptied(own_valkey):
        request = live.ask()
        live.wait_until_idle()
        live.decide(request)
        live.sweep()
        live.wait_until_idle()

    # A worker has no open transaction between claiming a batch and recording it.
    wait_for("no batch to be claimed", lambda: "sending" not in live.states("delivery"))
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.states("delivery") == {"sent": 60}
    assert set(live.copies().values()) == {1}


@contextmanager
def emptied(queue: Valkey) -> Iterator[None]:
    """FLUSHALL a thousand times a second, until the end of the block."""
    ended = threading.Event()

    def flush() -> None:
        with redis.Redis.from_url(queue.url) as client:
            while not ended.wait(0.001):
                client.flushall()

    thread = threading.Thread(target=flush)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
