"""When a bell is rung, how long it counts, and when the sweep rings again."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Dispatch, LetterName, Notification, WorkItem
from models.clock import now
from models.work_items import HORIZON, LONGEST_RING, RING_COUNTS

# What a test on a busy machine may take between two looks at the clock.
MOMENT = timedelta(seconds=5)


def work(due_in: timedelta = timedelta()) -> WorkItem:
    """Work that is due so long from now."""
    return Dispatch(content_hash="", due_at=now() + due_in)


def near(instant: datetime, expected: datetime) -> bool:
    """Whether the two are the same but for the time that this test takes."""
    return abs(instant - expected) < MOMENT


def test_work_is_due_at_once_unless_it_says_otherwise() -> None:
    letter = Notification(letter=LetterName.RETURNED)

    assert near(letter.due_at, now())
    assert letter.to_be_heard


@pytest.mark.parametrize("due_in", [timedelta(), HORIZON / 2, HORIZON - MOMENT])
def test_work_inside_the_horizon_is_rung_for_at_once(due_in: timedelta) -> None:
    item = work(due_in)

    assert item.to_be_heard
    assert item.rings == 1
    assert near(item.ring_at, item.due_at + RING_COUNTS)


@pytest.mark.parametrize("due_in", [HORIZON + MOMENT, timedelta(days=400)])
def test_work_beyond_the_horizon_is_left_to_the_sweep(due_in: timedelta) -> None:
    item = work(due_in)

    assert not item.to_be_heard
    assert item.rings == 0
    assert item.ring_at == item.due_at - HORIZON


def test_a_ring_for_overdue_work_counts_from_now() -> None:
    item = work(-timedelta(days=3))

    assert near(item.ring_at, now() + RING_COUNTS)


def test_each_ring_counts_twice_as_long_up_to_the_longest() -> None:
    item = work()
    counts = [item.ring_at - item.due_at]

    for _ in range(5):
        item.ring()
        counts.append(item.ring_at - item.due_at)

    for count, seconds in zip(counts, [30, 60, 120, 240, 240, 240], strict=True):
        assert timedelta(seconds=seconds) <= count < timedelta(seconds=seconds) + MOMENT
    assert timedelta(seconds=240) == LONGEST_RING


@pytest.mark.parametrize("rings", [0, 41, 42, 1000, 100_000])
def test_work_that_nobody_hears_can_be_rung_for_for_ever(rings: int) -> None:
    item = work()
    item.rings = rings

    item.ring()

    assert RING_COUNTS - MOMENT < item.ring_at - now() < LONGEST_RING + MOMENT


@given(due_in=st.timedeltas(-timedelta(days=9), timedelta(days=9)))
def test_no_bell_hangs_in_the_queue_for_longer_than_the_horizon(due_in: timedelta) -> None:
    item = work(due_in)

    assert not item.to_be_heard or item.due_at - now() <= HORIZON
    assert item.to_be_heard or item.ring_at <= item.due_at


def test_postponed_work_is_rung_for_like_new_work() -> None:
    item = work()
    item.ring()
    item.ring()

    item.postpone(now() + timedelta(seconds=10))

    assert item.rings == 1
    assert near(item.ring_at, now() + timedelta(seconds=10) + RING_COUNTS)


def test_work_postponed_beyond_the_horizon_is_not_rung_for_yet() -> None:
    item = work()

    item.postpone(now() + timedelta(days=1))

    assert item.rings == 0
    assert item.ring_at == item.due_at - HORIZON
    assert not item.to_be_heard
