"""A machine whose clock is wrong: its worker says so or does not start, and skips no sweep."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from tests.faults.shared import kill_shared_worker
from workflows import celery, outbox, tasks
from workflows.redis_client import redis_client


def start(monkeypatch: pytest.MonkeyPatch, ahead: float) -> None:
    """Start a worker on a machine whose clock is so many seconds ahead."""
    monkeypatch.setattr(celery, "machine_ahead", lambda _: timedelta(seconds=ahead))
    celery.compare_clocks()


@pytest.mark.parametrize("ahead", [0, 1.9, -1.9])
def test_a_small_skew_is_not_worth_a_word(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, ahead: float
) -> None:
    start(monkeypatch, ahead)

    assert caplog.records == []


@pytest.mark.parametrize("ahead", [2.1, -29.0])
def test_a_skew_of_seconds_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, ahead: float
) -> None:
    with caplog.at_level(logging.WARNING):
        start(monkeypatch, ahead)

    (record,) = caplog.records
    assert record.getMessage().endswith(f"ahead of the database's by {ahead:.1f} s")


@pytest.mark.parametrize("ahead", [31, -31, 86_400])
def test_with_a_wrong_clock_a_worker_does_not_start(
    monkeypatch: pytest.MonkeyPatch, ahead: float
) -> None:
    with pytest.raises(SystemExit, match="synchronise both with NTP"):
        start(monkeypatch, ahead)


def test_a_database_that_is_down_stops_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(_: object) -> timedelta:
        raise OperationalError("select", {}, Exception("down"))

    monkeypatch.setattr(celery, "machine_ahead", unavailable)

    celery.compare_clocks()


def test_of_a_backlog_of_sweeps_the_last_one_looks(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_shared_worker(pytestconfig)  # it would take what waits
    looks: list[object] = []
    monkeypatch.setattr(tasks, "LOOKS", [looks.append])
    redis_client.delete("sweep")

    redis_client.lpush("sweep", "another")
    tasks.sweep_all()
    redis_client.delete("sweep")
    assert looks == []
    tasks.sweep_all()

    assert len(looks) == 1
    assert not outbox.another_waits("sweep")
