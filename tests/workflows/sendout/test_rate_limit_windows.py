"""Copies leave while the list's window is open, and go on when it opens again."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from models import DispatchState, Rate, SendoutRules, Window
from sandbox.mailbox import Mailbox
from tests.workflows.sendout.clocks import NINE, Clock
from tests.workflows.sendout.ruled import DAY, NIGHT, Ruled, claimed
from tests.workflows.sendout.sending import deliveries, step
from workflows.sendout import claim


@pytest.mark.parametrize(
    ("rules", "opens_at"),
    [(DAY, "2027-02-01T08:00+00:00"), (NIGHT, "2027-01-31T22:00+00:00")],
)
def test_outside_of_the_window_nothing_begins_until_it_opens(
    session: Session, clock: Clock, ruled: Ruled, rules: SendoutRules, opens_at: str
) -> None:
    clock.run(hours=12)
    sending = ruled(rules)

    assert claimed(session, sending) == 0
    assert sending.state is DispatchState.WAITING
    assert deliveries(session, sending) == {}
    assert sending.due_at == datetime.fromisoformat(opens_at)

    clock.moment = sending.due_at
    assert claimed(session, sending) == 10


def test_a_window_that_closes_half_way_sends_the_rest_when_it_opens_again(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "BATCH_SIZE", 4)
    sending = ruled(DAY)
    clock.moment = NINE.replace(hour=19, minute=59)
    sending.postpone(clock.moment)
    assert step(session, sending, mailbox) == 4

    clock.run(minutes=1)
    assert step(session, sending, mailbox) == 0
    assert sending.state is DispatchState.SENDING
    assert sending.due_at == NINE + timedelta(hours=23)

    clock.moment = sending.due_at
    assert [step(session, sending, mailbox) for _ in range(3)] == [4, 2, 0]
    assert len({mail.recipients for mail in mailbox.mails}) == len(mailbox.mails) == 10


def test_after_the_last_copy_no_window_is_waited_for(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(DAY)
    step(session, sending, mailbox)

    clock.run(hours=12)
    step(session, sending, mailbox)

    assert sending.state is DispatchState.SENT


def test_a_period_that_ends_in_a_closed_window_continues_when_it_opens(
    session: Session, clock: Clock, ruled: Ruled
) -> None:
    sending = ruled(SendoutRules(Rate(4, 60), DAY.windows))
    clock.moment = NINE.replace(hour=19, minute=30)
    claimed(session, sending)

    claimed(session, sending)

    assert sending.due_at == NINE + timedelta(hours=23)


def test_the_clock_of_the_zone_counts(session: Session, clock: Clock, ruled: Ruled) -> None:
    sending = ruled(NIGHT)
    in_auckland = datetime.fromisoformat("2027-01-31T09:00+13:00").tzinfo
    assert in_auckland is not None

    assert len(claim.claim_batch(session, sending, in_auckland)) == 10  # It is 22:00 there.
    assert clock.moment == NINE


def test_the_rules_of_list_and_message_count_together(
    session: Session, clock: Clock, ruled: Ruled
) -> None:
    sending = ruled(SendoutRules(Rate(8, 1), DAY.windows))
    sending.message.sendout_rules = SendoutRules(Rate(5, 10), (Window.read("09:00-10:00"),))

    assert [claimed(session, sending) for _ in range(2)] == [5, 0]
    assert sending.due_at == NINE + timedelta(minutes=10)
    clock.run(hours=1)
    assert claimed(session, sending) == 0
    assert sending.due_at == NINE + timedelta(hours=24)
