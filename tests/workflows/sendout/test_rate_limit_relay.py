"""A relay that is unavailable or defers costs a sendout with a rate only its time."""

from datetime import timedelta

from sqlalchemy.orm import Session

from models import SendoutRules
from notifications.retry import UNAVAILABLE_DELAY
from sandbox.mailbox import Mailbox
from tests.workflows.sendout.clocks import NINE, Clock
from tests.workflows.sendout.ruled import Ruled, claimed, rate
from tests.workflows.sendout.sending import EDSGER, deliveries, step


def test_a_sendout_continues_in_the_same_period_when_the_relay_is_back(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(rate(6, 1440), 6)
    mailbox.stop()
    assert step(session, sending, mailbox) == 6
    mailbox.start()

    # The next batch is published at once.
    assert step(session, sending, mailbox) == 0

    assert sending.due_at == NINE + UNAVAILABLE_DELAY
    clock.run(seconds=UNAVAILABLE_DELAY.seconds)
    assert step(session, sending, mailbox) == 6


def test_a_retried_delivery_does_not_wait_for_the_next_period(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(rate(10, 1440), 2)
    mailbox.answer(EDSGER, "451 4.7.1 greylisted")
    step(session, sending, mailbox)

    assert step(session, sending, mailbox) == 0

    again_at = deliveries(session, sending)[EDSGER].next_attempt_at
    assert sending.due_at == again_at < clock.moment + timedelta(hours=1)


def test_no_period_begins_with_what_never_left(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(rate(4, 1))
    mailbox.stop()
    step(session, sending, mailbox)
    mailbox.start()
    clock.run(seconds=59)
    assert step(session, sending, mailbox) == 4

    clock.run(seconds=1)
    step(session, sending, mailbox)

    assert len(mailbox.mails) == 4
    assert sending.due_at == NINE + timedelta(seconds=59 + 60)


def test_copies_claimed_without_a_rate_are_not_subtracted_from_a_later_one(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(rate(4, 1440))
    step(session, sending, mailbox)
    sending.message.mailing_list.sendout_rules = SendoutRules()
    mailbox.stop()
    assert step(session, sending, mailbox) == 6
    clock.run(seconds=UNAVAILABLE_DELAY.seconds)

    sending.message.mailing_list.sendout_rules = rate(4, 1440)

    assert claimed(session, sending) == 4
