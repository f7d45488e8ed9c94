"""The time by which work is decided is the database's, whatever this machine's clock shows."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from models import clock
from models.clock import now
from models.database import engine, machine_ahead, server_time

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """No test after this one follows another clock."""
    yield
    clock.follow(timedelta(0))


def set_clock(monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    """Set this machine's clock; the next connection measures it."""
    wall, machine_time = time.time, clock.machine_time
    monkeypatch.setattr(clock, "machine_time", lambda: machine_time() + ahead)
    monkeypatch.setattr("models.database.machine_time", lambda: machine_time() + ahead)
    monkeypatch.setattr(time, "time", lambda: wall() + ahead.total_seconds())


def difference(engine: Engine) -> timedelta:
    """How far `now` is from the database's clock, after a new connection."""
    engine.dispose()
    with engine.connect() as connection:
        return abs(now() - server_time(connection))


@pytest.mark.parametrize("minutes", [-90, -1, 0, 1, 90])
def test_now_follows_the_database(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    set_clock(monkeypatch, timedelta(minutes=minutes))

    assert difference(engine) < SECOND
    with engine.connect() as connection:
        measured = machine_ahead(connection)
    assert abs(measured - timedelta(minutes=minutes)) < SECOND


def test_a_clock_that_agrees_is_not_corrected() -> None:
    assert difference(engine) < SECOND
    assert clock.skew.correction == timedelta(0)


def test_a_clock_that_was_set_right_is_followed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as wrong:
        set_clock(wrong, timedelta(minutes=5))
        assert difference(engine) < SECOND

    with engine.connect() as connection:
        assert abs(now() - server_time(connection)) < SECOND
    assert isinstance(now(), datetime)
