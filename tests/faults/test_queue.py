"""kill -9 of Valkey, with or without its data: sendouts end (P4), without second copies (P5)."""

import shutil

import pytest

from sandbox.valkey import Valkey
from tests.faults.live import LiveStack
from tests.waiting import wait_for


def crash(queue: Valkey, *, loses_data: bool) -> None:
    """Kill Valkey, and maybe delete its append-only file."""
    queue.kill()
    if loses_data:
        shutil.rmtree(queue.folder / "appendonlydir")


def crash_and_wait(live: LiveStack, queue: Valkey, *, loses_data: bool) -> None:
    """Crash, and wait until the worker has noticed."""
    began = len(live.worker.log)
    crash(queue, loses_data=loses_data)
    wait_for("the worker to notice", lambda: "Connection to broker lost" in live.worker.log[began:])


def restart_worker_and_count_dispatches(live: LiveStack) -> dict[str, int]:
    """Start the worker again if it has ended, as systemd, Compose and Kubernetes do.

    With kombu 5.7 a worker that loses the broker while it has unacknowledged tasks ends when these
    are done (AttributeError in restore_unacked): exit code 1, "Unrecoverable error".
    """
    live.worker.start()
    return live.states("dispatch")


@pytest.mark.usefixtures("short_lanes")
@pytest.mark.parametrize("loses_data", [False, True])
def test_a_sendout_ends_after_a_crash_of_valkey(
    live: LiveStack, own_valkey: Valkey, loses_data: bool
) -> None:
    live.subscribe(58)
    live.mailbox.be_slow(0.02)
    live.send()
    wait_for("half of a batch", live.copies, enough=lambda copies: len(copies) > 25)
    # The worker notices that the connection is lost before the mail server answers.
    live.mailbox.be_slow(0.5)

    crash_and_wait(live, own_valkey, loses_data=loses_data)
    live.mailbox.be_slow(0)
    live.wait_until_idle()
    own_valkey.start()
    live.sweep_after_an_hour()

    wait_for(
        "the end of the sendout",
        lambda: restart_worker_and_count_dispatches(live),
        enough=lambda dispatches: dispatches == {"sent": 1},
    )
    # The worker itself was not killed, so no outcome is unknown.
    assert live.states("delivery") == {"sent": 60}
    assert set(live.copies().values()) == {1}


def test_an_idle_worker_reconnects_to_a_valkey_that_has_lost_its_data(
    live: LiveStack, own_valkey: Valkey
) -> None:
    # kombu ends a worker with an unacknowledged task, also one with an ETA; a new worker with empty
    # queues has none.
    live.worker.kill()
    live.setup.broker.container.client.flushdb()
    live.worker.start()
    worker = live.worker.pid
    crash_and_wait(live, own_valkey, loses_data=True)
    own_valkey.start()

    live.ask()

    live.wait_for_states("notification", sent=2)
    assert live.worker.pid == worker
