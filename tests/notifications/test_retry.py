"""Retries have a growing, jittered delay and an end."""

from datetime import timedelta
from statistics import mean

import pytest

from models.clock import now
from notifications.retry import (
    FIRST_DELAY,
    MAX_ATTEMPTS,
    MAX_DELAY,
    UNAVAILABLE_DELAY,
    next_attempt,
)
from workflows.sendout.send import BATCH_SECONDS


def delays(attempts: int, count: int = 200) -> list[timedelta]:
    """Return the delay after so many attempts, drawn often."""
    moments = [(next_attempt(attempts), now()) for _ in range(count)]
    return [moment - asked for moment, asked in moments if moment]


def test_the_delay_doubles_up_to_an_hour_with_20_percent_jitter() -> None:
    for attempts, seconds in [
        (1, 30),
        (2, 60),
        (3, 120),
        (6, 960),
        (7, 1920),
        (8, 3600),
        (11, 3600),
        (49, 3600),
    ]:
        waited = [delay.total_seconds() for delay in delays(attempts)]

        assert min(waited) > seconds * 0.8 - 1
        assert max(waited) <= seconds * 1.2
        assert mean(waited) == pytest.approx(seconds, rel=0.1)


def test_letters_that_were_refused_together_do_not_come_back_together() -> None:
    waited = delays(8)

    assert max(waited) - min(waited) > timedelta(minutes=15)
    assert len(set(waited)) > 150


def test_there_is_no_attempt_after_the_last() -> None:
    assert next_attempt(MAX_ATTEMPTS - 1) is not None
    assert next_attempt(MAX_ATTEMPTS) is None
    assert next_attempt(MAX_ATTEMPTS + 1) is None


def test_the_last_attempt_is_after_about_two_days() -> None:
    longest = [min(FIRST_DELAY * 2 ** min(n - 1, 10), MAX_DELAY) for n in range(1, MAX_ATTEMPTS)]

    assert timedelta(days=1.5) < sum(longest, timedelta()) < timedelta(days=2.5)


def test_a_delay_never_overflows() -> None:
    assert all(next_attempt(attempts) for attempts in range(1, MAX_ATTEMPTS))


def test_an_unavailable_relay_is_tried_again_soon_but_not_within_the_batch() -> None:
    assert timedelta(seconds=5) <= UNAVAILABLE_DELAY <= timedelta(seconds=30)
    assert timedelta(seconds=BATCH_SECONDS) > UNAVAILABLE_DELAY
