"""kill -9 of PostgreSQL and Valkey around a push, and FLUSHALL: the list converges by itself."""

import shutil
from collections.abc import Callable

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from sandbox.postgres import Postgres
from sandbox.valkey import Valkey
from tests.faults.live import wait_for
from tests.faults.pushing import WAITS, PushingStack
from workflows.sync.request import request_push
from workflows.transaction import transaction


def flush(queue: Valkey) -> None:
    with redis.Redis.from_url(queue.url) as client:
        client.flushall()


def crash_and_forget(queue: Valkey) -> None:
    queue.kill()
    shutil.rmtree(queue.folder / "appendonlydir")
    queue.start()


def test_a_push_outlives_a_crash_of_postgres(pushing: PushingStack, own_postgres: Postgres) -> None:
    pushing.hold("wait")
    pushing.wait_for_a_command()

    own_postgres.kill()
    pushing.let_go("wait")
    # A sweep that meets no PostgreSQL fails in the same way, before the command has ended.
    failed = "raised unexpected: OperationalError"
    wait_for("the push to fail", lambda: pushing.worker.runs("sync.push", ended=failed))
    own_postgres.start()
    pushing.the_lease_ends()
    pushing.assert_converges()

    assert len(pushing.noted("ends")) == 2
    assert pushing.live.sql("select failures from sync") == [(1,)]


def test_a_crash_of_postgres_while_the_addresses_are_read_has_claimed_nothing(
    pushing: PushingStack, own_postgres: Postgres
) -> None:
    somebody = pushing.live.database.connect()
    somebody.execute(text("lock table subscription"))
    pushing.swept_until("the push to wait", lambda: pushing.live.sql(WAITS))

    own_postgres.kill()
    with pytest.raises(OperationalError):
        somebody.execute(text("select 1"))
    somebody.close()
    own_postgres.start()

    assert pushing.live.states("sync") == {"pending": 1}
    assert pushing.noted("reads") == []
    pushing.time_passes()
    pushing.assert_converges()


@pytest.mark.parametrize("lose", [flush, crash_and_forget])
def test_a_change_is_pushed_although_its_task_is_lost(
    pushing: PushingStack, own_valkey: Valkey, lose: Callable[[Valkey], None]
) -> None:
    pushing.assert_converges()
    # No worker holds the task: only the queue does.
    pushing.worker.kill()
    pushing.join("grace")
    lose(own_valkey)

    pushing.assert_converges()

    assert pushing.live.states("sync") == {"done": 2}


def test_a_push_that_is_asked_for_is_run_although_its_task_is_lost(
    pushing: PushingStack, own_valkey: Valkey
) -> None:
    pushing.worker.kill()
    with transaction() as session:
        request_push(session, pushing.live.people.announce.id)
    flush(own_valkey)

    pushing.time_passes()
    pushing.assert_converges()

    assert len(pushing.noted("ends")) == 1


def test_a_push_outlives_a_crash_of_valkey(pushing: PushingStack, own_valkey: Valkey) -> None:
    pushing.hold("wait")
    pushing.wait_for_a_command()

    own_valkey.kill()
    wait_for(
        "the worker to notice",
        lambda: "Connection to broker lost" in pushing.worker.log or not pushing.worker.pid,
    )
    pushing.join("ada")
    pushing.let_go("wait")
    wait_for("the command to end", lambda: pushing.noted("ends"))
    own_valkey.start()
    pushing.the_lease_ends()
    pushing.time_passes()
    pushing.assert_converges()

    assert (pushing.folder / "announce").read_text().startswith("ada@")
