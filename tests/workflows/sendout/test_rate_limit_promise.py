"""Whatever fails, no period exceeds the rate, and no recipient gets two copies."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Delivery, DeliveryState, Dispatch, DispatchState, Rate, SendoutRules
from sandbox.mailbox import Mailbox
from tests.workflows.sendout.clocks import NINE, Clock
from tests.workflows.sendout.ruled import DAY, Ruled
from tests.workflows.sendout.sending import NOTHING, send_claimed
from workflows.sendout.claim import Batch, claim_batch

UNFINISHED = (DispatchState.WAITING, DispatchState.SENDING)
FATES = ["sends", "sends", "sends", "is refused", "finds no relay", "dies", "sleeps", "wakes"]

# A task and the fate of the worker that runs it, or minutes that pass.
STORIES = st.lists(st.sampled_from(FATES) | st.integers(1, 120), min_size=4, max_size=16)


class Workers:
    """Workers that run tasks and note when they claimed how many, less what they put back."""

    def __init__(self, session: Session, clock: Clock, mailbox: Mailbox) -> None:
        self.session, self.clock, self.mailbox = session, clock, mailbox

    def begin(self, sending: Dispatch) -> None:
        """A new sendout, at nine."""
        self.sending, self.clock.moment = sending, NINE
        self.mailbox.forget()
        self.claims: list[tuple[datetime, Batch]] = []
        self.asleep: list[Batch] = []

    def work(self, fate: str) -> None:
        """Run a task that is published now."""
        waiting = Dispatch.take(self.session, self.sending.id, *UNFINISHED)
        batch = claim_batch(self.session, waiting, UTC) if waiting else NOTHING
        self.session.flush()
        if batch:
            self.claims.append((self.clock.moment, batch))
        if fate == "sleeps":
            self.asleep.append(batch)
        elif fate == "dies":
            Delivery.move_all(self.session, batch, DeliveryState.UNCERTAIN)
        else:
            self.send(batch, fate)

    def wake(self) -> None:
        """Continue a worker that slept."""
        while self.asleep:
            self.send(self.asleep.pop(), "sends")

    def send(self, batch: Batch, fate: str) -> None:
        if fate == "is refused":
            self.mailbox.answer(None, "452 4.2.2 full")
        if fate == "finds no relay":
            self.mailbox.stop()
        send_claimed(self.session, self.sending.id, batch, self.mailbox)
        self.session.flush()
        if fate == "finds no relay":
            self.mailbox.start()
            self.claims = [(at, NOTHING if one == batch else one) for at, one in self.claims]

    def live(self, story: Sequence[str | int]) -> None:
        """Go through the story, and then on until nothing is left to do."""
        for step in story:
            if isinstance(step, int):
                self.clock.run(minutes=step)
            elif step == "wakes":
                self.wake()
            else:
                self.work(step)
        self.wake()
        for _ in range(60):
            if self.sending.state is DispatchState.SENT:
                break
            self.clock.moment = max(self.clock.moment, self.sending.due_at)
            self.work("sends")


def in_periods(claims: Sequence[tuple[datetime, Batch]], rate: Rate) -> list[int]:
    """Count the copies of each period; a period begins with a claim and ends by the clock."""
    periods: list[tuple[datetime, int]] = []
    for moment, batch in claims:
        if not periods or moment >= periods[-1][0] + rate.pace.period:
            periods.append((moment, 0))
        began_at, copies = periods.pop()
        periods.append((began_at, copies + len(batch)))
    return [copies for _, copies in periods]


@pytest.fixture
def workers(session: Session, clock: Clock, mailbox: Mailbox) -> Workers:
    """Return the workers; nothing is published yet."""
    return Workers(session, clock, mailbox)


@given(rate=st.builds(Rate, st.integers(1, 6), st.integers(1, 180)), story=STORIES)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_story_breaks_the_rate_or_the_window_and_every_story_ends(
    workers: Workers, ruled: Ruled, rate: Rate, story: list[str | int]
) -> None:
    with workers.session.begin_nested() as everything:
        workers.begin(ruled(SendoutRules(rate, DAY.windows), 8))

        workers.live(story)

        assert workers.sending.state is DispatchState.SENT
        assert all(copies <= rate.copies for copies in in_periods(workers.claims, rate))
        assert all(8 <= moment.hour < 20 for moment, _ in workers.claims)
        got = [mail.recipients for mail in workers.mailbox.mails]
        sent = select(Delivery).where(Delivery.state == DeliveryState.SENT)
        assert len(set(got)) == len(got) == len(workers.session.scalars(sent).all())
        everything.rollback()
    workers.session.expire_all()
