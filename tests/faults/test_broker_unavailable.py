"""A transaction commits in time and logs a warning, whatever is wrong with the broker (P12)."""

import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from sqlalchemy import Engine, func, select

from models import Actor, Door, Message, Notification
from sandbox.valkey import Valkey
from tests.builders import Cast, a_draft, a_request, the_cast
from tests.faults.shared import kill_shared_worker
from tests.log_lines import events_of
from workflows.celery import app
from workflows.moderation.decide import request_approval
from workflows.transaction import transaction

# Seconds: the "second or two" of P12, doubled for a busy machine.  Without timeouts of its own a
# publication would have kombu's: five to connect, ten for an answer.
PROMISED = 4.5


def ask(people: Cast) -> list[str]:
    """Request approval, and return what was logged."""
    with events_of("workflows.outbox") as logged, transaction() as session:
        a_request(session, people)
    return logged


@pytest.fixture
def committed_rows() -> str:
    return "with_cast"


@pytest.fixture
def people(own_database: Engine) -> Cast:  # noqa: ARG001 `transaction()` uses it
    """The cast, after a publication: there is an open connection to the broker, which can break."""
    with transaction() as session:
        people = the_cast(session)
    ask(people)
    return people


def letters() -> int:
    with transaction() as session:
        return session.scalar(select(func.count(Notification.id))) or 0


def commits_in_time_and_warns(people: Cast) -> bool:
    before, began = letters(), time.monotonic()
    logged = ask(people)
    assert time.monotonic() - began < PROMISED
    assert letters() == before + 2
    return logged == ["warning: broker unavailable, the sweep will publish again"]


def test_it_commits_when_the_broker_is_stopped(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")

    assert commits_in_time_and_warns(people)


def test_it_commits_when_the_host_of_the_broker_is_unknown(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(app.conf, "broker_url", "redis://nowhere.invalid/0")
    # Without the name service of this machine, which may be slow or missing.
    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert commits_in_time_and_warns(people)


def test_it_commits_when_the_broker_never_answers(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(
            app.conf, "broker_url", f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        )

        assert commits_in_time_and_warns(people)


def test_it_commits_when_the_broker_has_crashed(people: Cast, own_valkey: Valkey) -> None:
    own_valkey.kill()

    assert commits_in_time_and_warns(people)


def test_it_commits_when_the_broker_is_suspended(people: Cast, own_valkey: Valkey) -> None:
    assert own_valkey.pid
    os.kill(own_valkey.pid, signal.SIGSTOP)
    try:
        assert commits_in_time_and_warns(people)
    finally:
        os.kill(own_valkey.pid, signal.SIGCONT)


def test_it_commits_when_the_broker_is_full(people: Cast, own_valkey: Valkey) -> None:
    with redis.Redis.from_url(own_valkey.url) as client:
        client.config_set("maxmemory", 1)
        try:
            assert commits_in_time_and_warns(people)
        finally:
            client.config_set("maxmemory", 0)


def test_it_commits_when_the_broker_is_read_only(people: Cast, own_valkey: Valkey) -> None:
    with redis.Redis.from_url(own_valkey.url) as client:
        client.replicaof("127.0.0.1", 1)
        try:
            assert commits_in_time_and_warns(people)
        finally:
            client.replicaof("NO", "ONE")


def test_tasks_are_published_when_the_broker_is_back(
    people: Cast, own_valkey: Valkey, pytestconfig: pytest.Config
) -> None:
    kill_shared_worker(pytestconfig)
    own_valkey.kill()
    assert commits_in_time_and_warns(people)
    own_valkey.start()

    assert ask(people) == []
    with redis.Redis.from_url(own_valkey.url) as client:
        assert client.llen("letters") >= 2


def ask_alone(message_id: int) -> float:
    """Request approval in a session of its own, and return the seconds that it took."""
    began = time.monotonic()
    with transaction() as session:
        draft = session.get_one(Message, message_id)
        request_approval(session, draft, actor=Actor(draft.author, Door.PORTAL))
    return time.monotonic() - began


def test_12_at_once_commit_when_the_broker_never_answers(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prove it for more than the ten connections that kombu keeps."""
    with transaction() as session:
        drafts = [a_draft(session, people).id for _ in range(12)]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(
            app.conf, "broker_url", f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        )

        before = letters()
        with ThreadPoolExecutor(12) as threads:
            times = list(threads.map(ask_alone, drafts))

    assert max(times) < 2 * PROMISED  # They also compete for the processors.
    assert letters() == before + 24
