"""FLUSHALL at any moment loses nothing (P4) and repeats nothing (P5): the sweep rings again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from models import Verdict
from sandbox.valkey import Valkey
from tests.faults.live import LiveHouse, wait_for
from workflows.celery import app


@contextmanager
def rung_in_vain(queue: Valkey) -> Iterator[None]:
    """What is rung inside lies in the queue, as if all workers were busy; then comes FLUSHALL."""
    nobody_listens = queue.url.removesuffix("/0") + "/1"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.conf, "broker_url", nobody_listens)
        yield
    with redis.Redis.from_url(nobody_listens) as client:
        assert client.dbsize() > 0, "no bell was rung"
        client.flushall()
        assert client.info("keyspace") == {}


def test_a_question_is_told_although_its_bells_are_lost(
    live: LiveHouse, own_valkey: Valkey
) -> None:
    with rung_in_vain(own_valkey):
        live.ask()

    live.sweep_after_an_hour()

    live.wait_for_states("notification", sent=2)
    assert [len(live.letters(name)) for name in ("grace", "linus")] == [1, 1]


def test_an_approved_message_is_sent_although_its_bell_is_lost(
    live: LiveHouse, own_valkey: Valkey
) -> None:
    request = live.ask()
    live.wait_for_states("notification", sent=2)
    with rung_in_vain(own_valkey):
        live.decide(request)

    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.copies() == {"edsger@example.org": 1, "barbara@example.org": 1}


def test_an_author_learns_of_a_rejection_although_its_bell_is_lost(
    live: LiveHouse, own_valkey: Valkey
) -> None:
    request = live.ask()
    live.wait_for_states("notification", sent=2)
    with rung_in_vain(own_valkey):
        live.decide(request, Verdict.REJECTED)

    live.sweep_after_an_hour()

    live.wait_for_states("notification", sent=4)
    assert len(live.letters("ada")) == 1


def test_the_next_batch_is_sent_although_its_bell_is_lost(
    live: LiveHouse, own_valkey: Valkey
) -> None:
    live.subscribe(58)
    live.mailbox.be_slow(0.02)
    live.decide(live.ask())
    wait_for("the first batch to be on its way", live.copies)

    # A worker that is told to go finishes its batch, and leaves the bell for the next one behind.
    live.worker.terminate()
    wait_for("the worker to go", lambda: live.worker.pid is None)
    assert live.states("delivery") == {"sent": 50, "pending": 10}
    with redis.Redis.from_url(own_valkey.url) as client:
        assert client.llen("sendout") == 1
        client.flushall()
    live.worker.start()
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.states("delivery") == {"sent": 60}
    assert set(live.copies().values()) == {1}


def test_a_story_ends_although_everything_is_forgotten_all_the_time(
    live: LiveHouse, forgetful: threading.Event
) -> None:
    live.subscribe(118)
    request = live.ask()
    wait_for("the worker to rest", live.everybody_rests)
    live.decide(request)
    live.sweep()
    wait_for("the worker to rest", live.everybody_rests)

    forgetful.set()
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.states("delivery") == {"sent": 120}
    assert set(live.copies().values()) == {1}


@pytest.fixture
def forgetful(own_valkey: Valkey) -> Iterator[threading.Event]:
    """FLUSHALL a thousand times a second, until the event is set."""
    enough = threading.Event()

    def forget() -> None:
        with redis.Redis.from_url(own_valkey.url) as client:
            while not enough.wait(0.001):
                client.flushall()

    thread = threading.Thread(target=forget)
    thread.start()
    yield enough
    enough.set()
    thread.join()
