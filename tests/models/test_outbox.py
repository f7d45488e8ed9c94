"""Publishing: when, how long it counts, and when the sweep repeats it."""

from datetime import datetime, timedelta

import pytest

from models import Dispatch, LetterName, Notification, WorkItem
from models.clock import now
from models.outbox import HORIZON, MAX_REPUBLISH_AFTER, REPUBLISH_AFTER

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
    assert letter.to_publish


def test_work_inside_the_horizon_is_published_at_once() -> None:
    for due_in in [timedelta(), HORIZON / 2, HORIZON - MOMENT]:
        item = work(due_in)

        assert item.to_publish
        assert item.publications == 1
        assert near(item.publish_after, item.due_at + REPUBLISH_AFTER)


@pytest.mark.parametrize("due_in", [HORIZON + MOMENT, timedelta(days=400)])
def test_work_beyond_the_horizon_is_left_to_the_sweep(due_in: timedelta) -> None:
    item = work(due_in)

    assert not item.to_publish
    assert item.publications == 0
    assert item.publish_after == item.due_at - HORIZON


def test_a_publication_of_overdue_work_counts_from_now() -> None:
    item = work(-timedelta(days=3))

    assert near(item.publish_after, now() + REPUBLISH_AFTER)


def test_each_publication_counts_twice_as_long_up_to_a_maximum() -> None:
    item = work()
    counts = [item.publish_after - item.due_at]

    for _ in range(5):
        item.request_publication()
        counts.append(item.publish_after - item.due_at)

    for count, seconds in zip(counts, [30, 60, 120, 240, 240, 240], strict=True):
        assert timedelta(seconds=seconds) <= count < timedelta(seconds=seconds) + MOMENT
    assert timedelta(seconds=240) == MAX_REPUBLISH_AFTER


def test_work_can_be_published_any_number_of_times() -> None:
    for publications in [0, 41, 42, 1000, 100_000]:
        item = work()
        item.publications = publications

        item.request_publication()

        assert REPUBLISH_AFTER - MOMENT < item.publish_after - now() < MAX_REPUBLISH_AFTER + MOMENT


def test_postponed_work_is_published_like_new_work() -> None:
    item = work()
    item.request_publication()
    item.request_publication()

    item.postpone(now() + timedelta(seconds=10))

    assert item.publications == 1
    assert near(item.publish_after, now() + timedelta(seconds=10) + REPUBLISH_AFTER)


def test_work_postponed_beyond_the_horizon_is_not_published_yet() -> None:
    item = work()

    item.postpone(now() + timedelta(days=1))

    assert item.publications == 0
    assert item.publish_after == item.due_at - HORIZON
    assert not item.to_publish
