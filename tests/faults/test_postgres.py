"""kill -9 of PostgreSQL: committed work continues, letters are repeated, no answer is lost."""

from datetime import timedelta
from functools import partial

from sandbox.postgres import Postgres
from tests.faults.live import LiveStack
from tests.waiting import wait_for
from workflows.celery import app
from workflows.sendout.claim import BATCH_SIZE


def crash_and_restart(live: LiveStack, postgres: Postgres) -> None:
    """Kill PostgreSQL, start it again, and sweep as if an hour had passed."""
    postgres.kill()
    live.mailbox.be_slow(0)
    postgres.start()
    live.wait_until_idle()
    live.sweep_after_an_hour()


def test_a_sendout_continues_after_a_crash_of_postgres(
    live: LiveStack, own_postgres: Postgres
) -> None:
    live.subscribe(118)
    live.mailbox.be_slow(0.02)
    live.send()
    wait_for("the second batch", live.copies, enough=lambda copies: len(copies) > BATCH_SIZE + 5)
    first_worker = live.worker.pid

    own_postgres.kill()
    live.mailbox.be_slow(0)
    own_postgres.start()
    live.wait_until_recorded()
    live.sweep_after_an_hour()

    live.wait_for_states("dispatch", sent=1)
    assert live.states("delivery") == {"sent": 120}
    assert live.copies().total() == len(live.copies()) == 120
    assert live.worker.pid == first_worker


def test_a_letter_is_sent_after_a_crash_of_postgres(
    live: LiveStack, own_postgres: Postgres
) -> None:
    live.mailbox.be_slow(5)
    live.ask()
    wait_for("both letters to be in transmission", lambda: live.transactions() == 2)

    crash_and_restart(live, own_postgres)

    live.wait_for_states("notification", sent=2)
    # A letter accepted while PostgreSQL was down is sent again, with the same Message-ID.
    for name in ("grace", "linus"):
        assert len({letter.message["Message-ID"] for letter in live.letters(name)}) == 1


def test_a_task_that_fails_while_postgres_is_down_is_published_again(
    live: LiveStack, own_postgres: Postgres
) -> None:
    live.send(send_in=timedelta(hours=1))
    ((dispatch_id,),) = live.sql("select id from dispatch")
    own_postgres.kill()
    task = "sendout.send_dispatch"
    count_failures = partial(live.worker.runs, task, ended="raised unexpected: OperationalError")
    before = count_failures()
    app.send_task(task, args=[dispatch_id], ignore_result=True)
    wait_for("the task to fail", count_failures, enough=lambda found: found > before)

    crash_and_restart(live, own_postgres)

    live.wait_for_states("dispatch", sent=1)
    assert live.copies() == {"edsger@example.org": 1, "barbara@example.org": 1}
