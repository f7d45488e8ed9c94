"""kill -9 of a worker that pushes, and of its command: no address is lost, no two commands run."""

import signal

import psutil
from sqlalchemy import text

from models import Failure
from tests.faults.pushing import WAITING_PUSH, PushingStack
from tests.sandbox.machine import has_ended
from tests.waiting import wait_for

# Enough that the addresses do not fit into the buffer of a pipe, which has 64 KiB.
MEMBERS = 20_000

# Shortens a lease that lasts half a minute.
END_SOON = """
    update sync set lease_until = now() + interval '2 seconds' where state = 'running'
    returning lease_until
"""


def reach_time_limit(command: psutil.Process) -> None:
    """Send `timeout`, which runs the command, the signal by which its timer ends."""
    limiter = command.parent()
    assert limiter
    assert limiter.name() == "timeout"
    limiter.send_signal(signal.SIGALRM)


def test_a_command_whose_worker_is_killed_reads_all_addresses_and_none_starts_before_it_ends(
    pushing: PushingStack,
) -> None:
    pushing.add_members(MEMBERS - 3)
    pushing.block("wait", "linger")
    pushing.subscribe("ada")
    pushing.age_by_an_hour()
    command = pushing.wait_for_a_command()

    pushing.worker.kill()
    pushing.unblock("wait")
    wait_for("the command to have read", lambda: pushing.logged("saw"))
    pushing.worker.start()
    pushing.live.sweep_and_wait()
    reach_time_limit(command)
    pushing.sweep_until("its end", lambda: has_ended(command))
    pushing.unblock("linger")
    ((lease_until,),) = pushing.live.sql(END_SOON)
    pushing.assert_converges()

    assert pushing.logged("saw") == [str(MEMBERS)] * 2
    assert len(pushing.logged("ends")) == 1, "the first one is killed at its time limit"
    ((started_at, failures),) = pushing.live.sql("select started_at, failures from sync")
    assert failures == 1
    assert started_at >= lease_until


def test_a_worker_that_is_killed_while_it_reads_the_addresses_claims_nothing(
    pushing: PushingStack,
) -> None:
    with pushing.live.database.connect() as blocker:
        blocker.execute(text("lock table subscription"))
        pushing.sweep_until("the push to wait", lambda: pushing.live.sql(WAITING_PUSH))

        pushing.worker.kill()
        blocker.rollback()

    pushing.live.wait_until_idle()
    assert pushing.live.states("sync") == {"pending": 1}
    claimed = "select 1 from subscription_change where sync_id is not null"
    assert pushing.live.sql(claimed) == []
    assert pushing.logged("reads") == []
    pushing.age_by_an_hour()
    pushing.assert_converges()


def test_a_command_that_is_killed_is_run_again(pushing: PushingStack) -> None:
    pushing.block("wait")
    command = pushing.wait_for_a_command()

    command.kill()
    pushing.live.wait_for_states("sync", pending=1)
    recorded = pushing.live.sql("select failure, exit_status from sync")
    pushing.unblock("wait")
    pushing.age_by_an_hour()
    pushing.assert_converges()

    assert recorded == [(Failure.SIGNAL, -9)]
    assert len(pushing.logged("reads")) == 2
    assert len(pushing.logged("ends")) == 1
