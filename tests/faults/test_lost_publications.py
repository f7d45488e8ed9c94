"""FLUSHALL at any moment loses nothing (P4) and repeats nothing (P5): the sweep publishes again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from models import Verdict
from sandbox.valkey import Valkey
from tests.faults.live import LiveStack, wait_for
from workflows.celery import app


def no_worker_listens(queue: redis.Redis) -> bool:
    """Whether no worker fetches tasks any more; one that does blocks for up to a second."""
    return not any("b" in client["flags"] for client in queue.client_list())


@contextmanager
def lost(queue: Valkey) -> Iterator[None]:
    """Leave what is published inside in the queue, as if no worker were free; then FLUSHALL."""
    other = queue.url.removesuffix("/0") + "/1"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.conf, "broker_url", other)
        yield
    with redis.Redis.from_url(other) as client:
        assert client.dbsize() > 0, "nothing was published"
        # In one transaction: a worker writes down now and then that it looks for what was lost.
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
    request = live.ask()
    live.wait_for_states("notification", sent=2)
    with lost(own_valkey):
        live.decide(request)

    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.copies() == {"edsger@example.org": 1, "barbara@example.org": 1}


def test_an_author_learns_of_a_rejection_although_the_task_is_lost(
    live: LiveStack, own_valkey: Valkey
) -> None:
    request = live.ask()
    live.wait_for_states("notification", sent=2)
    with lost(own_valkey):
        live.decide(request, Verdict.REJECTED)

    live.sweep_after_an_hour()

    live.wait_for_states("notification", sent=4)
    assert len(live.letters("ada")) == 1


def test_the_next_batch_is_sent_although_the_task_is_lost(
    live: LiveStack, own_valkey: Valkey
) -> None:
    live.subscribe(58)
    live.mailbox.be_slow(0.3)
    live.decide(live.ask())
    wait_for("the first batch to be on its way", live.copies)

    # A worker that is told to go finishes its batch, and leaves the task for the next one behind.
    began = len(live.worker.log)
    live.worker.terminate()
    wait_for("it to be told", lambda: "Warm shutdown" in live.worker.log[began:])
    with redis.Redis.from_url(own_valkey.url, decode_responses=True) as client:
        wait_for("it to listen no more", lambda: no_worker_listens(client))
        live.mailbox.be_slow(0)
        wait_for("the worker to go", lambda: live.worker.pid is None)
        assert live.states("delivery") == {"sent": 50, "pending": 10}
        assert client.llen("sendout") == 1
        client.flushall()
    live.worker.start()
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.states("delivery") == {"sent": 60}
    assert set(live.copies().values()) == {1}


def test_a_story_ends_although_everything_is_forgotten_all_the_time(
    live: LiveStack, own_valkey: Valkey
) -> None:
    live.subscribe(118)
    with forgetful(own_valkey):
        request = live.ask()
        wait_for("the worker to rest", live.everybody_rests)
        live.decide(request)
        live.sweep()
        wait_for("the worker to rest", live.everybody_rests)

    # Between claiming a batch and sending it the worker holds nothing: not then an hour passes.
    wait_for("no batch to be on its way", lambda: "sending" not in live.states("delivery"))
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.states("delivery") == {"sent": 120}
    assert set(live.copies().values()) == {1}


@contextmanager
def forgetful(queue: Valkey) -> Iterator[None]:
    """FLUSHALL a thousand times a second; none comes after the block."""
    enough = threading.Event()

    def forget() -> None:
        with redis.Redis.from_url(queue.url) as client:
            while not enough.wait(0.001):
                client.flushall()

    thread = threading.Thread(target=forget)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()
