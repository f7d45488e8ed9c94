"""kill -9 of PostgreSQL or Valkey around a push, and FLUSHALL: the list server converges."""

import shutil
from collections.abc import Callable

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from sandbox.postgres import Postgres
from sandbox.valkey import Valkey
from tests.faults.pushing import WAITING_PUSH, PushingStack
from tests.waiting import wait_for
from workflows.sync.request import request_push
from workflows.transaction import transaction


def flush(queue: Valkey) -> None:
    with redis.Redis.from_url(queue.url) as client:
        client.flushall()


def crash_and_lose_the_data(queue: Valkey) -> None:
    queue.kill()
    shutil.rmtree(queue.folder / "appendonlydir")
    queue.start()


def test_a_push_is_repeated_after_a_crash_of_postgres(
    pushing: PushingStack, own_postgres: Postgres
) -> None:
    pushing.block("wait")
    pushing.wait_for_a_command()
    task = pushing.running_task()

    own_postgres.kill()
    pushing.unblock("wait")
    # Not another task for the same push, or a sweep, which fail before the command has ended.
    wait_for("the push to fail", lambda: pushing.worker.has_failed(task))
    own_postgres.start()
    pushing.end_the_lease()
    pushing.assert_converges()

    assert len(pushing.logged("ends")) == 2
    assert pushing.live.sql("select failures from sync") == [(1,)]


def test_a_push_claims_nothing_if_postgres_crashes_while_the_addresses_are_read(
    pushing: PushingStack, own_postgres: Postgres
) -> None:
    blocker = pushing.live.database.connect()
    blocker.execute(text("lock table subscription"))
    pushing.sweep_until("the push to wait", lambda: pushing.live.sql(WAITING_PUSH))

    own_postgres.kill()
    with pytest.raises(OperationalError):
        blocker.execute(text("select 1"))
    blocker.close()
    own_postgres.start()

    assert pushing.live.states("sync") == {"pending": 1}
    assert pushing.logged("reads") == []
    pushing.age_by_an_hour()
    pushing.assert_converges()


@pytest.mark.parametrize("lose", [flush, crash_and_lose_the_data])
def test_a_change_is_pushed_although_its_task_is_lost(
    pushing: PushingStack, own_valkey: Valkey, lose: Callable[[Valkey], None]
) -> None:
    pushing.assert_converges()
    # Only the queue has the task then.
    pushing.worker.kill()
    pushing.subscribe("grace")
    lose(own_valkey)

    pushing.age_by_an_hour()
    pushing.assert_converges()

    assert pushing.live.states("sync") == {"done": 2}


def test_a_requested_push_is_run_although_its_task_is_lost(
    pushing: PushingStack, own_valkey: Valkey
) -> None:
    pushing.worker.kill()
    with transaction() as session:
        request_push(session, pushing.live.people.announce.id)
    flush(own_valkey)

    pushing.age_by_an_hour()
    pushing.assert_converges()

    assert len(pushing.logged("ends")) == 1


def test_a_push_is_repeated_after_a_crash_of_valkey(
    pushing: PushingStack, own_valkey: Valkey
) -> None:
    pushing.block("wait")
    pushing.wait_for_a_command()

    own_valkey.kill()
    wait_for(
        "the worker to notice",
        lambda: "Connection to broker lost" in pushing.worker.log or not pushing.worker.pid,
    )
    pushing.subscribe("ada")
    pushing.unblock("wait")
    wait_for("the command to end", lambda: pushing.logged("ends"))
    own_valkey.start()
    pushing.end_the_lease()
    pushing.age_by_an_hour()
    pushing.assert_converges()

    assert (pushing.folder / "announce").read_text().startswith("ada@")
