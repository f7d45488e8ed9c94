"""kill -9 of a worker and its children, at each step of a moderated message."""

from datetime import timedelta

from models import Act, Message
from tests.faults.live import LiveStack
from tests.waiting import PATIENCE, wait_for
from workflows.queries.message_status import timeline
from workflows.sendout.claim import BATCH_SIZE
from workflows.transaction import transaction

# Of a killed worker's sendout: two copies for each of its two lanes.
IN_DOUBT = 4


def kill_and_restart(live: LiveStack) -> None:
    """Kill the worker, start it again, and sweep as if an hour had passed."""
    live.setup.worker.kill()
    live.mailbox.be_slow(0)
    live.worker.start()
    live.sweep_after_an_hour()


def test_kill_ends_every_process_of_the_worker(live: LiveStack) -> None:
    processes = live.setup.worker.get_running_processes_info(["pid"])

    live.setup.worker.kill()

    assert len(processes) == 1 + live.worker.children
    assert live.setup.worker.container.status == "exited"


def test_a_letter_is_sent_although_its_worker_is_killed(live: LiveStack) -> None:
    live.mailbox.be_slow(5)
    live.ask()
    wait_for("both letters to be in transmission", lambda: live.transactions() == 2)

    kill_and_restart(live)

    live.wait_for_states("notification", sent=2)
    assert [len(live.letters(name)) for name in ("grace", "linus")] == [1, 1]


def test_a_killed_sendout_is_uncertain_only_of_what_was_on_the_wire_and_repeats_nothing(
    live: LiveStack,
) -> None:
    live.subscribe(118)
    live.mailbox.be_slow(0.02)
    live.send()
    wait_for("the second batch", live.copies, enough=lambda copies: len(copies) > BATCH_SIZE + 5)

    kill_and_restart(live)
    # What the killed lanes had not tried is due in a quarter of a minute.
    live.wait_until_at_rest()
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    states = live.states("delivery")
    uncertain = states.get("uncertain", 0)
    # None, if the kill comes when both lanes have recorded a batch.
    assert uncertain <= IN_DOUBT
    assert states == {"sent": 120 - uncertain} | ({"uncertain": uncertain} if uncertain else {})
    sent = {address for (address,) in live.sql("select address from delivery where state = 'sent'")}
    assert sent <= live.copies().keys()
    assert set(live.copies().values()) == {1}
    with transaction() as session:
        acts = {each.act: each.detail for each in timeline(session, session.get_one(Message, 1))}
    assert (acts.get(Act.LOST_SIGHT) or {"deliveries": 0}) == {"deliveries": uncertain}
    assert acts[Act.FINISHED_SENDING] == states


def test_an_approved_message_is_sent_although_the_worker_that_decided_is_killed(
    live: LiveStack,
) -> None:
    # Not at once: a batch that the killed worker has begun is for the test above.
    request = live.ask(send_in=timedelta(seconds=40), letters=False)
    call = {
        "request_id": request.id,
        "approver_id": live.people.grace.id,
        "verdict": "approved",
        "idempotency_key": "once",
    }
    live.service.send_task("listgate.decide", kwargs=call, queue="moderation")
    wait_for("the decision", lambda: live.sql("select 1 from decision"))

    kill_and_restart(live)

    live.wait_for_states("dispatch", sent=1)
    assert live.copies() == {"edsger@example.org": 1, "barbara@example.org": 1}
    again = live.service.send_task("listgate.decide", kwargs=call, queue="moderation")
    # The stored answer of the first call.
    assert again.get(timeout=PATIENCE)["message"] == "scheduled"


def test_a_sendout_is_sent_although_the_worker_that_held_its_eta_is_killed(live: LiveStack) -> None:
    live.send(send_in=timedelta(seconds=40))
    queue = live.setup.broker.container.client
    wait_for("the worker to hold it", lambda: queue.hlen("unacked") and not queue.llen("sendout"))

    kill_and_restart(live)

    live.wait_for_states("dispatch", sent=1)
    assert live.copies() == {"edsger@example.org": 1, "barbara@example.org": 1}
