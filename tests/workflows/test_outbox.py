"""One task per entry on the queue of its kind, and one per quiet period for a list."""

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from redis import Redis

from models import Dispatch, MailingList, Notification, OutboxEntry, Sync, WorkItem
from models.clock import now
from settings import settings
from tests.faults.shared import kill_shared_worker
from workflows import outbox
from workflows.celery import app
from workflows.outbox import TASKS, publish
from workflows.redis_client import redis_at, redis_client

QUEUES = ("letters", "sendout", "sync")
QUIET = OutboxEntry(MailingList, 7, due_at=None, debounced=True)


class Queued(NamedTuple):
    """A task in a queue: its name, its only argument, and its ETA."""

    task: str
    row_id: int
    eta: datetime | None


@pytest.fixture(autouse=True)
def empty_queues(pytestconfig: pytest.Config) -> Iterator[None]:
    """No worker runs, no list waits, and the queues are empty at both ends."""
    kill_shared_worker(pytestconfig)
    forget()
    yield
    forget()


def forget() -> None:
    redis_client.delete(*QUEUES, *redis_client.keys("listgate:waiting:*"))


def queued() -> list[Queued]:
    """Return the messages in the queues, the oldest first, and empty them."""
    found = []
    with Redis.from_url(settings.redis_url.get_secret_value()) as client:
        for queue in QUEUES:
            while raw := client.rpop(queue):
                message = json.loads(raw)
                ((row_id,), _, _) = json.loads(b64decode(message["body"]))
                eta = message["headers"]["eta"]
                found.append(
                    Queued(
                        message["headers"]["task"],
                        row_id,
                        datetime.fromisoformat(eta).astimezone(UTC) if eta else None,
                    )
                )
    return found


def test_every_kind_of_work_has_a_task_of_its_own() -> None:
    app.loader.import_default_modules()

    assert TASKS.keys() == {*WorkItem.__subclasses__(), MailingList}
    assert len({*TASKS.values()} & {*app.tasks}) == len(TASKS)


def test_a_task_carries_the_id_and_the_time_if_that_is_to_come() -> None:
    soon = now() + timedelta(seconds=50)

    publish(
        [
            OutboxEntry(Notification, 1, now()),
            OutboxEntry(Dispatch, 2, soon),
            OutboxEntry(Sync, 3, now() - timedelta(days=1)),
        ]
    )

    assert queued() == [
        ("letters.deliver_notification", 1, None),
        ("sendout.send_dispatch", 2, soon),
        ("sync.push", 3, None),
    ]


def test_a_burst_of_changes_to_a_list_is_published_once_for_the_end_of_the_quiet_period() -> None:
    began = now()

    for list_id in (7, 8, 7, 7, 8):
        publish([QUIET._replace(row_id=list_id)])

    found = queued()
    assert [each[:2] for each in found] == [("sync.open_sync", 7), ("sync.open_sync", 8)]
    for each in found:
        assert each.eta
        assert began + settings.sync_quiet <= each.eta <= now() + settings.sync_quiet


def test_a_list_that_is_to_be_looked_at_again_is_published_although_one_waits() -> None:
    later = now() + timedelta(seconds=30)
    publish([QUIET])

    publish([QUIET._replace(due_at=later)])

    assert [each.eta for each in queued()][1:] == [later]
    publish([QUIET])
    assert queued() == []


def test_a_list_may_be_published_again_when_its_task_is_due() -> None:
    publish([QUIET._replace(due_at=now() - timedelta(seconds=1))])
    while redis_client.exists("listgate:waiting:sync.open_sync:7"):
        pass

    publish([QUIET])

    assert len(queued()) == 2


def test_without_a_list_server_only_the_rest_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    off = settings.model_copy(update={"maillists_enabled": False})
    monkeypatch.setattr(outbox, "settings", off)

    publish([QUIET, OutboxEntry(Notification, 1, now())])

    assert [each.task for each in queued()] == ["letters.deliver_notification"]


def test_without_a_broker_no_other_task_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    redis_client.lpush("letters", "waits")
    assert outbox.another_waits("letters")

    monkeypatch.setattr(outbox, "redis_client", redis_at("redis://127.0.0.1:1/0"))

    assert not outbox.another_waits("letters"), "the sweep runs on the database alone"
