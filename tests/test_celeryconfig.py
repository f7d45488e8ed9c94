"""Celery's settings are right, and consistent with each other."""

from datetime import timedelta
from typing import Any

import pytest
from kombu import Queue

import celeryconfig
from models.outbox import HORIZON, MAX_REPUBLISH_AFTER, REPUBLISH_AFTER
from settings import Settings, settings
from workflows import tasks
from workflows.celery import app
from workflows.public import declare
from workflows.sync.command import KILL_GRACE
from workflows.sync.push import START_WITHIN, Rules
from workflows.tasks import PUBLIC

OURS = ("moderation.", "letters.", "sendout.", "sync.", "events.", "sweep.", "listgate.")
SECRET = "s3cret"
DEFAULT_BACKOFF = 600  # Celery's own `retry_backoff_max`, in seconds

app.loader.import_default_modules()
# Without the tasks of Celery and its pytest plugin.
TASKS: dict[str, Any] = {
    name: task
    for name, task in app.tasks.items()
    if task.__module__ in {tasks.__name__, declare.__name__}
}


def queue_of(name: str) -> str:
    """Return the queue of a task of this name."""
    queue: Queue = app.amqp.router.route({}, name)["queue"]
    return str(queue.name)


def test_every_task_has_one_of_our_names() -> None:
    assert TASKS
    assert [name for name in TASKS if not name.startswith(OURS)] == []
    assert {name for name in TASKS if name.startswith("listgate.")} == {*PUBLIC}


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_goes_to_a_queue_that_workers_read(name: str) -> None:
    queues = {queue.name for queue in app.conf.task_queues}

    assert queue_of(name) in queues


@pytest.mark.parametrize(
    ("name", "queue"),
    [
        ("moderation.handle_mail", "moderation"),
        ("letters.deliver_notification", "letters"),
        ("sendout.send_dispatch", "sendout"),
        ("sync.push", "sync"),
        ("events.deliver_webhook", "events"),
        ("sweep.sweep", "sweep"),
        ("listgate.decide", "moderation"),
    ],
)
def test_a_long_sendout_delays_nothing_else(name: str, queue: str) -> None:
    assert queue_of(name) == queue


def test_a_mistyped_queue_is_not_created() -> None:
    assert app.conf.task_create_missing_queues is False
    assert app.conf.task_default_queue in {queue.name for queue in app.conf.task_queues}


def test_only_json_is_sent_and_accepted() -> None:
    assert (app.conf.task_serializer, app.conf.result_serializer) == ("json", "json")
    assert [*app.conf.accept_content] == ["json"]
    assert not app.conf.result_accept_content or [*app.conf.result_accept_content] == ["json"]
    assert {task.serializer for task in TASKS.values()} == {"json"}


def test_no_task_is_redelivered_while_its_worker_still_runs_it() -> None:
    together = {
        name: (task.time_limit or app.conf.task_time_limit) + backoff(task)
        for name, task in TASKS.items()
    }

    assert max(together.values()) + HORIZON.total_seconds() < app.conf.visibility_timeout
    assert max(map(backoff, TASKS.values())) == 120


def backoff(task: Any) -> float:
    """Return the longest delay of a retry, in seconds."""
    if not getattr(task, "autoretry_for", ()):
        return 0
    return float(getattr(task, "retry_backoff_max", DEFAULT_BACKOFF))


def test_not_even_the_longest_push_is_redelivered() -> None:
    allowed = Settings.model_fields["sync_timeout"].metadata
    longest = next(each.le for each in allowed if hasattr(each, "le"))
    limits = app.conf.task_annotations["sync.push"]
    around_the_command = limits["time_limit"] - settings.sync_timeout.total_seconds()

    total = longest.total_seconds() + around_the_command + HORIZON.total_seconds()

    assert longest == timedelta(seconds=120)
    assert total < app.conf.visibility_timeout


@pytest.mark.parametrize("seconds", [1, 60, 120])
def test_a_lease_is_longer_than_its_command_can_live_and_shorter_than_its_task(
    seconds: int,
) -> None:
    timeout = timedelta(seconds=seconds)
    rules = Rules(enabled=True, timeout=timeout, max_shrink=30, alert_after=3)

    # The latest start, the time limit, and the time to end after SIGKILL.
    assert rules.lease > START_WITHIN + timeout + KILL_GRACE
    assert rules.lease < timeout + timedelta(seconds=90)


def test_a_push_is_annotated_with_limits_of_its_own() -> None:
    push = TASKS["sync.push"]

    assert push.soft_time_limit > settings.sync_timeout.total_seconds() + KILL_GRACE.total_seconds()
    assert push.time_limit > push.soft_time_limit


def test_the_visibility_timeout_is_the_same_for_broker_and_results() -> None:
    everywhere = {
        app.conf.visibility_timeout,
        app.conf.broker_transport_options["visibility_timeout"],
        app.conf.result_backend_transport_options["visibility_timeout"],
    }

    assert everywhere == {300}


def test_a_task_may_clean_up_before_it_is_killed() -> None:
    assert 0 < app.conf.task_soft_time_limit < app.conf.task_time_limit
    assert all(
        (task.soft_time_limit or app.conf.task_soft_time_limit)
        < (task.time_limit or app.conf.task_time_limit)
        for task in TASKS.values()
    )


def test_a_task_of_a_killed_worker_runs_again() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert all(task.acks_late and task.reject_on_worker_lost for task in TASKS.values())


def test_a_publication_counts_longer_than_a_sweep_takes_and_less_than_the_broker_waits() -> None:
    visibility = timedelta(seconds=app.conf.visibility_timeout)

    assert timedelta(seconds=celeryconfig.SWEEP_INTERVAL) < REPUBLISH_AFTER
    assert visibility > MAX_REPUBLISH_AFTER


@pytest.mark.parametrize("name", app.conf.beat_schedule)
def test_beat_publishes_existing_tasks_and_compares_no_clocks(name: str) -> None:
    entry = app.conf.beat_schedule[name]

    assert entry["task"] in TASKS
    assert 0 < entry["schedule"] < HORIZON.total_seconds()
    assert "expires" not in entry.get("options", {})


def test_only_public_tasks_store_results_and_for_a_day() -> None:
    kept = {name for name, task in TASKS.items() if not task.ignore_result}

    assert kept == {*PUBLIC}
    assert app.conf.result_expires == timedelta(days=1).total_seconds()


def test_publishing_does_not_retry() -> None:
    assert app.conf.task_publish_retry is False
    assert app.conf.broker_transport_options["socket_connect_timeout"] <= 5
    assert app.conf.broker_transport_options["socket_timeout"] <= 10


def test_every_time_is_in_utc() -> None:
    assert app.conf.enable_utc
    assert str(app.conf.timezone) == "UTC"


def test_a_lost_connection_does_not_kill_the_running_task() -> None:
    assert app.conf.worker_cancel_long_running_tasks_on_connection_loss is False


def test_a_worker_fetches_no_task_ahead() -> None:
    assert app.conf.worker_prefetch_multiplier == 1


def test_the_report_that_people_paste_into_issues_has_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"redis://:{SECRET}@127.0.0.1:1/0"
    monkeypatch.setattr(app.conf, "broker_url", url)
    monkeypatch.setattr(app.conf, "result_backend", url)

    report = app.bugreport()

    assert "celery:5." in report
    assert "redis://:********@" in report
    private = [
        SECRET,
        settings.database_url.get_secret_value(),
        settings.smtp_url.get_secret_value(),
        settings.mail_from,
    ]
    assert [each for each in private if each in report] == []
