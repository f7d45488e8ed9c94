"""A sendout keeps the pace of its rate within 5 %, with one lane and with several, in any night."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from models import Delivery, DeliveryState, Dispatch, DispatchState, Rate, SendoutRules, Window
from tests.workflows.sendout.clocks import Clock
from tests.workflows.sendout.ruled import Ruled
from tests.workflows.sendout.sending import NOTHING
from workflows.sendout import claim
from workflows.sendout.claim import claim_batch
from workflows.sendout.lane import lock_unfinished

PARIS = ZoneInfo("Europe/Paris")

COPIES = 20
RATE = Rate(2, 1)
LASTS = timedelta(minutes=9)  # from the first copy to the tenth period

# A task begins so long after it is due, and a copy takes so long.
LATENESS = timedelta(seconds=1)
PER_COPY = timedelta(milliseconds=100)

# When the sendout is due, its window, and when its last period begins.
NIGHTS = [
    ("2027-01-31T09:00", "", "2027-01-31T09:09"),
    # Over midnight, and in a window that is shut for a day.
    ("2027-01-31T23:55", "23:55-00:05", "2027-02-01T00:04"),
    ("2027-01-31T23:58", "23:58-00:03", "2027-02-02T00:02"),
    # 02:00 is followed by 03:00, and 03:00 by 02:00.
    ("2027-03-28T01:55", "01:55-03:05", "2027-03-28T03:04"),
    ("2027-10-31T02:00", "02:00-02:05", "2027-10-31T02:04 again"),
]


def at(text: str) -> datetime:
    """The instant of a local time in Paris; "again" is its second one."""
    clock, _, again = text.partition(" ")
    return datetime.fromisoformat(clock).replace(tzinfo=PARIS, fold=bool(again))


def claims(
    session: Session, sending: Dispatch, clock: Clock, lanes: int
) -> Iterator[tuple[datetime, int]]:
    """Run so many lanes until the sendout ends; yield when each batch was claimed, and its size."""
    while sending.state is not DispatchState.SENT:
        clock.moment = max(clock.moment, sending.due_at) + LATENESS
        sizes = dict.fromkeys(range(lanes), 0)
        while sizes:
            for lane, size in [*sizes.items()]:
                found = lock_unfinished(session, sending.id)
                batch = claim_batch(session, found, PARIS, size=size or None) if found else NOTHING
                if not batch:
                    del sizes[lane]
                    continue
                yield clock.moment, len(batch)
                sizes[lane] = len(batch)
                clock.moment += PER_COPY * len(batch)
                Delivery.move_all(session, batch, DeliveryState.SENT)


def test_the_last_copy_leaves_when_the_rate_says(
    session: Session, clock: Clock, ruled: Ruled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "BATCH_SIZE", 1)  # so that lanes share a period
    for lanes, (due, window, ends) in zip((4, 1, 1, 2, 1), NIGHTS, strict=True):
        windows = (Window.read(window),) if window else None
        with session.begin_nested() as everything:
            clock.moment = at(due)
            sending = ruled(SendoutRules(RATE, windows), COPIES)

            claimed = [*claims(session, sending, clock, lanes)]

            assert sum(size for _, size in claimed) == COPIES
            assert abs(claimed[-1][0] - at(ends)) <= LASTS * 0.05, (due, lanes)
            for moment, _ in claimed:
                assert not windows or moment.astimezone(PARIS).time() in windows[0]
            everything.rollback()
        session.expire_all()
