"""kill -9 of a worker that pushes, and of its command: nobody is lost, nobody pushes beside."""

from sqlalchemy import text

from models import Failure
from tests.faults.live import wait_for
from tests.faults.pushing import WAITS, PushingStack, is_gone

# Enough that the addresses do not fit into the buffer of a pipe, which has 64 KiB.
MEMBERS = 20_000

# Shortens a lease that lasts half a minute.
END_SOON = """
    update sync set lease_until = now() + interval '2 seconds' where state = 'running'
    returning lease_until
"""


def test_a_command_whose_worker_is_killed_sees_everybody_and_no_other_starts_before_it_ends(
    pushing: PushingStack,
) -> None:
    pushing.crowd(MEMBERS - 3)
    pushing.hold("wait", "linger")
    pushing.join("ada")
    command = pushing.wait_for_a_command()

    pushing.worker.kill()
    pushing.let_go("wait")
    wait_for("the command to have read", lambda: pushing.noted("saw"))
    pushing.swept_until("its time limit", lambda: is_gone(command))
    pushing.let_go("linger")
    ((lease_until,),) = pushing.live.sql(END_SOON)
    pushing.assert_converges()

    assert pushing.noted("saw") == [str(MEMBERS)] * 2
    assert len(pushing.noted("ends")) == 1, "the first one has met its time limit"
    ((started_at, failures),) = pushing.live.sql("select started_at, failures from sync")
    assert failures == 1
    assert started_at >= lease_until


def test_a_worker_that_is_killed_while_it_reads_the_addresses_has_claimed_nothing(
    pushing: PushingStack,
) -> None:
    with pushing.live.database.connect() as somebody:
        somebody.execute(text("lock table subscription"))
        pushing.swept_until("the push to wait", lambda: pushing.live.sql(WAITS))

        pushing.worker.kill()
        somebody.rollback()

    wait_for("the worker to be forgotten", pushing.live.everybody_rests)
    assert pushing.live.states("sync") == {"pending": 1}
    claimed = "select 1 from subscription_change where sync_id is not null"
    assert pushing.live.sql(claimed) == []
    assert pushing.noted("reads") == []
    pushing.time_passes()
    pushing.assert_converges()


def test_a_command_that_is_killed_is_run_again(pushing: PushingStack) -> None:
    pushing.hold("wait")
    command = pushing.wait_for_a_command()

    command.kill()
    pushing.live.wait_for_states("sync", pending=1)
    noted = pushing.live.sql("select failure, exit_status from sync")
    pushing.let_go("wait")
    pushing.time_passes()
    pushing.assert_converges()

    assert noted == [(Failure.SIGNAL, -9)]
    assert len(pushing.noted("reads")) == 2
    assert len(pushing.noted("ends")) == 1
