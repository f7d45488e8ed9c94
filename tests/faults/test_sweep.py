"""Sweeps, beats and tasks may run too often, too late or at once: nothing is done twice."""

from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from models import Actor, Door, Message
from tests.faults.live import LiveStack
from tests.nodes import CeleryProcess, Worker
from tests.waiting import wait_for
from workflows.celery import app
from workflows.sendout.schedule import recall
from workflows.transaction import transaction

AN_HOUR = timedelta(hours=1)
TABLES = ("notification", "dispatch", "delivery", "audit_entry", "message", "idempotent_call")


def rows(live: LiveStack) -> dict[str, Any]:
    """Return all rows that a sweep could change."""
    return {table: live.sql(f"select {table}::text from {table} order by 1") for table in TABLES}


TABLES_OF = {"letters.deliver_notification": "notification", "sendout.send_dispatch": "dispatch"}


def publish(live: LiveStack, task: str, *, times: int) -> None:
    """Publish the task for the first row of its table."""
    ((row_id,),) = live.sql(f"select min(id) from {TABLES_OF[task]}")
    for _ in range(times):
        app.send_task(task, args=[row_id], ignore_result=True)


def publish_and_wait(live: LiveStack, task: str, *, times: int = 1) -> None:
    """Publish the task, and wait until it has run."""
    before = live.worker.runs(task)
    publish(live, task, times=times)
    wait_for(f"{task} to be done", lambda: live.worker.runs(task) >= before + times)


def test_a_second_sweep_finds_nothing_to_do(live: LiveStack) -> None:
    live.mailbox.stop()
    live.send(send_in=AN_HOUR)
    live.ask()
    live.sweep_after_an_hour()
    live.wait_until_postponed()
    live.wait_until_idle()

    def changes_nothing() -> bool:
        before = rows(live)
        live.sweep_and_wait()
        return rows(live) == before

    # A letter that the first sweep published may be tried during the next sweep.
    wait_for("a sweep that finds nothing to do", changes_nothing)


def test_concurrent_sweeps_do_nothing_twice(live: LiveStack) -> None:
    live.subscribe(58)
    live.mailbox.stop()
    live.send(send_in=AN_HOUR)
    live.ask()
    live.wait_until_idle()
    live.mailbox.start()
    live.age_by_an_hour()

    for _ in range(8):
        live.sweep()

    live.wait_for_states("dispatch", sent=1)
    live.wait_for_states("notification", sent=2)
    assert set(live.copies().values()) == {1}
    assert len(live.letters("grace")) == 1


def test_a_letter_whose_task_runs_again_is_not_sent_again(live: LiveStack) -> None:
    live.ask()
    live.wait_for_states("notification", sent=2)

    publish_and_wait(live, "letters.deliver_notification", times=2)

    assert len(live.letters("grace")) == 1


def test_a_letter_with_several_concurrent_tasks_is_sent_once(live: LiveStack) -> None:
    live.mailbox.be_slow(0.5)
    live.ask()

    publish(live, "letters.deliver_notification", times=8)

    live.wait_for_states("notification", sent=2)
    live.wait_until_idle()
    assert [len(live.letters(name)) for name in ("grace", "linus")] == [1, 1]


def test_a_sendout_whose_task_runs_again_is_not_sent_again(live: LiveStack) -> None:
    live.send()
    live.wait_for_states("dispatch", sent=1)

    publish_and_wait(live, "sendout.send_dispatch", times=2)

    assert live.copies() == {"edsger@example.org": 1, "barbara@example.org": 1}


def test_a_task_for_a_recalled_sendout_sends_nothing(live: LiveStack) -> None:
    message_id = live.send(send_in=AN_HOUR).id
    with transaction() as session:
        message = session.get_one(Message, message_id)
        recall(session, message, actor=Actor(message.author, Door.PORTAL))
    live.age_by_an_hour()

    publish_and_wait(live, "sendout.send_dispatch")

    assert live.states("dispatch") == {"recalled": 1}
    assert live.copies() == {}


def test_a_task_before_its_time_sends_nothing(live: LiveStack) -> None:
    live.send(send_in=AN_HOUR)

    publish_and_wait(live, "sendout.send_dispatch")

    assert live.states("dispatch") == {"waiting": 1}
    assert live.copies() == {}


def test_a_sendout_with_tasks_on_two_workers_sends_no_one_two_copies(
    live: LiveStack,
) -> None:
    live.subscribe(118)
    live.send(send_in=AN_HOUR)
    live.age_by_an_hour()
    task = "sendout.send_dispatch"
    before = live.worker.runs(task)
    with Worker(live.shared.fork_server, children=2) as second:
        publish(live, task, times=12)
        live.wait_for_states("dispatch", sent=1)
        wait_for("the second worker to run a task", lambda: second.runs(task))
        wait_for("the first worker to run a task", lambda: live.worker.runs(task) > before)

    assert live.states("delivery") == {"sent": 120}
    assert set(live.copies().values()) == {1}


def test_two_beats_sweep_and_send_nothing_twice(live: LiveStack) -> None:
    message_id = live.send(send_in=AN_HOUR).id
    before = live.worker.runs("sweep.sweep")
    with ExitStack() as beats:
        for _ in range(2):
            command = ["--app=tests.faults.quick_beat", "beat"]
            beat = CeleryProcess(live.shared.fork_server, *command, ready="beat: Starting")
            beats.enter_context(beat)
            beats.callback(beat.kill)  # a shutdown takes a second

        live.age_by_an_hour()

        live.wait_for_states("dispatch", sent=1)
        wait_for("more sweeps", lambda: live.worker.runs("sweep.sweep") > before + 3)
    assert live.copies() == {"edsger@example.org": 1, "barbara@example.org": 1}
    assert live.sql("select state from message where id = :id", id=message_id) == [("sent",)]
