"""kill -9 of Valkey, its memory kept or lost: nothing is lost (P4), nobody is sent twice (P5)."""

import shutil

import pytest

from sandbox.valkey import Valkey
from tests.faults.live import LiveStack, wait_for


def crash(queue: Valkey, *, forgets: bool) -> None:
    """Kill Valkey, and maybe lose the disk with its append-only file."""
    queue.kill()
    if forgets:
        shutil.rmtree(queue.folder / "appendonlydir")


def dispatches_of_a_supervised_worker(live: LiveStack) -> dict[str, int]:
    """Start the worker again if it has ended, as systemd, Compose and Kubernetes do.

    Kombu 5.7 ends a worker whose broker goes while it has unacknowledged tasks, once these are done
    (AttributeError in restore_unacked): exit code 1, "Unrecoverable error".
    """
    live.worker.start()
    return live.states("dispatch")


@pytest.mark.parametrize("forgets", [False, True])
def test_a_sendout_outlives_a_crash_of_valkey(
    live: LiveStack, own_valkey: Valkey, forgets: bool
) -> None:
    live.subscribe(58)
    live.mailbox.be_slow(0.02)
    live.decide(live.ask())
    wait_for("half of a batch", live.copies, enough=lambda copies: len(copies) > 25)

    crash(own_valkey, forgets=forgets)
    wait_for("the worker to rest", live.everybody_rests)
    own_valkey.start()
    live.sweep_after_an_hour()

    wait_for(
        "the end of the sendout",
        lambda: dispatches_of_a_supervised_worker(live),
        enough=lambda dispatches: dispatches == {"sent": 1},
    )
    # Nobody has killed the worker: it knows what became of everything it had begun.
    assert live.states("delivery") == {"sent": 60}
    assert set(live.copies().values()) == {1}


def test_an_idle_worker_hears_a_valkey_that_has_come_back_with_nothing(
    live: LiveStack, own_valkey: Valkey
) -> None:
    # With a task in hand, or one with an ETA, kombu would end the worker instead and a supervisor
    # start another one: this one is new, and nothing waits for it.
    live.worker.kill()
    live.setup.broker.container.client.flushdb()
    live.worker.start()
    worker, began = live.worker.pid, len(live.worker.log)
    crash(own_valkey, forgets=True)
    wait_for("the worker to notice", lambda: "Connection to broker lost" in live.worker.log[began:])
    own_valkey.start()

    live.ask()

    live.wait_for_states("notification", sent=2)
    assert live.worker.pid == worker
