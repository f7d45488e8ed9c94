"""If the relay refuses, hangs up or is unavailable, no recipient is lost or gets two copies."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

import pytest
from sqlalchemy.orm import Session

from models import DeliveryState, Dispatch, DispatchState, MessageState
from models.clock import now
from notifications.retry import FIRST_DELAY, MAX_ATTEMPTS, MAX_DELAY, UNAVAILABLE_DELAY
from sandbox.mailbox import Mailbox, Step
from tests.builders import Cast, a_dispatch, members
from tests.waiting import wait_for
from tests.workflows.sendout.sending import (
    BARBARA,
    EDSGER,
    deliveries,
    let_time_pass,
    send_claimed,
    step,
)
from workflows.sendout import claim, send
from workflows.sendout.left_behind import CLAIM_GRACE, settle_left_behind

MOMENT = timedelta(seconds=5)


def finish(session: Session, sending: Dispatch, mailbox: Mailbox) -> None:
    """Run tasks until nothing is left to do, however long that takes."""
    for _ in range(10):
        let_time_pass(session, sending)
        step(session, sending, mailbox)
        if sending.state is not DispatchState.SENDING:
            return
    raise AssertionError("the sendout does not end")


@pytest.mark.parametrize("at", ["RCPT", "DATA"])
def test_a_temporarily_refused_recipient_is_tried_again_later(
    session: Session, people: Cast, mailbox: Mailbox, at: Step
) -> None:
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "451 4.7.1 greylisted, try again", at=at)

    step(session, sending, mailbox)

    refused = deliveries(session, sending)[EDSGER]
    assert (refused.state, refused.attempts) == (DeliveryState.PENDING, 1)
    assert refused.failure == "451 4.7.1 greylisted, try again"
    delay = refused.next_attempt_at - now()
    assert FIRST_DELAY * 0.8 - MOMENT < delay < FIRST_DELAY * 1.2
    assert step(session, sending, mailbox) == 0
    assert sending.state is DispatchState.SENDING
    assert sending.due_at >= refused.next_attempt_at


def test_a_temporarily_refused_recipient_gets_it_in_the_end(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "451 4.7.1 greylisted", times=3)

    finish(session, sending, mailbox)

    assert len(mailbox.to(EDSGER)) == len(mailbox.to(BARBARA)) == 1
    assert deliveries(session, sending)[EDSGER].attempts == 4
    assert sending.message.state is MessageState.SENT


@pytest.mark.parametrize(
    ("attempts", "delay"),
    [(2, FIRST_DELAY * 2), (5, FIRST_DELAY * 16), (MAX_ATTEMPTS - 1, MAX_DELAY)],
)
def test_each_refusal_makes_the_wait_longer(
    session: Session, people: Cast, mailbox: Mailbox, attempts: int, delay: timedelta
) -> None:
    sending = a_dispatch(session, people)
    claim.begin_sending(session, sending)
    refused = deliveries(session, sending)[EDSGER]
    refused.attempts = attempts - 1
    mailbox.answer(EDSGER, "451 4.7.1 later")

    step(session, sending, mailbox)

    assert refused.attempts == attempts
    assert delay * 0.8 - MOMENT < refused.next_attempt_at - now() < delay * 1.2


def test_a_recipient_refused_for_too_long_fails(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    claim.begin_sending(session, sending)
    deliveries(session, sending)[EDSGER].attempts = MAX_ATTEMPTS - 1
    mailbox.answer(EDSGER, "451 4.7.1 later", times=9)

    finish(session, sending, mailbox)

    assert claim.count_by_state(session, sending) == {"sent": 1, "failed": 1}


def test_only_the_permanently_refused_recipient_fails(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "550 5.1.1 nobody here", times=9)

    finish(session, sending, mailbox)

    failed = deliveries(session, sending)[EDSGER]
    assert (failed.state, failed.attempts) == (DeliveryState.FAILED, 1)
    assert failed.failure == "550 5.1.1 nobody here"
    assert claim.count_by_state(session, sending) == {"sent": 1, "failed": 1}
    assert sending.state is DispatchState.SENT


@pytest.mark.parametrize("kept", [True, False])
def test_a_delivery_without_a_final_answer_is_not_tried_again(
    session: Session, people: Cast, mailbox: Mailbox, kept: bool
) -> None:
    sending = a_dispatch(session, people)
    mailbox.drop_after_data(kept=kept)

    finish(session, sending, mailbox)

    states = sorted(delivery.state for delivery in deliveries(session, sending).values())
    assert states == [DeliveryState.SENT, DeliveryState.UNCERTAIN]
    assert len(mailbox.mails) == (2 if kept else 1)
    assert sending.state is DispatchState.SENT


def test_an_unavailable_relay_loses_nothing_and_counts_no_attempt(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    mailbox.stop()
    for _ in range(3):
        let_time_pass(session, sending)
        step(session, sending, mailbox)

    waiting = deliveries(session, sending).values()
    assert {(d.state, d.attempts) for d in waiting} == {(DeliveryState.PENDING, 0)}
    assert all(abs(d.next_attempt_at - now() - UNAVAILABLE_DELAY) < MOMENT for d in waiting)

    mailbox.start()
    finish(session, sending, mailbox)
    assert claim.count_by_state(session, sending) == {"sent": 2}
    assert len(mailbox.mails) == 2


def test_a_relay_that_refuses_the_login_fails_no_delivery(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    unwelcome = Mailbox(port=mailbox.port, users={"somebody": "else"})
    mailbox.stop()

    with unwelcome:
        step(session, sending, unwelcome)

    waiting = deliveries(session, sending).values()
    assert {d.state for d in waiting} == {DeliveryState.PENDING}


def stop_after_the_first_mail(mailbox: Mailbox) -> None:
    wait_for("a mail", lambda: mailbox.mails)
    mailbox.stop()


def test_recipients_a_dying_relay_never_got_are_put_back_without_an_attempt(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    members(session, people.announce, 6)
    sending = a_dispatch(session, people)
    mailbox.be_slow(0.2)

    with ThreadPoolExecutor(1) as colleague:
        colleague.submit(stop_after_the_first_mail, mailbox)
        step(session, sending, mailbox)

    _, _, *rest = sorted(deliveries(session, sending).values(), key=lambda d: d.id)
    assert {(d.state, d.attempts) for d in rest} == {(DeliveryState.PENDING, 0)}


def test_a_batch_that_takes_too_long_is_put_back_without_an_attempt(
    session: Session, people: Cast, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "BATCH_SECONDS", 0.1)
    mailbox.be_slow(0.2)
    members(session, people.announce, 1)
    sending = a_dispatch(session, people)

    step(session, sending, mailbox)

    # The second one was on its way when the first one was answered.
    *sent, last = sorted(deliveries(session, sending).values(), key=lambda d: d.id)
    assert {(each.state, each.attempts) for each in sent} == {(DeliveryState.SENT, 1)}
    assert (last.state, last.attempts) == (DeliveryState.PENDING, 0)
    assert last.failure == "not tried yet"


def test_a_late_worker_does_not_send_an_uncertain_delivery(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    batch = claim.claim_batch(session, sending, UTC)
    for delivery in deliveries(session, sending).values():
        delivery.move(DeliveryState.UNCERTAIN)

    send_claimed(session, sending.id, batch, mailbox)

    assert mailbox.mails == []


def test_a_worker_that_breaks_off_leaves_its_batch_claimed(
    session: Session, people: Cast, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = a_dispatch(session, people)
    batch = claim.claim_batch(session, sending, UTC)
    session.commit()
    mailbox.answer(EDSGER, "451 4.3.0 later")

    def break_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(send, "result", break_off)
    with pytest.raises(KeyboardInterrupt):
        send_claimed(session, sending.id, batch, mailbox)
    session.rollback()

    claimed = deliveries(session, sending).values()
    assert {delivery.state for delivery in claimed} == {DeliveryState.SENDING}
    assert step(session, sending, mailbox) == 0


def test_copies_that_an_older_version_claimed_are_in_doubt(session: Session, people: Cast) -> None:
    sending = a_dispatch(session, people)
    claim.claim_batch(session, sending, UTC)
    for row in deliveries(session, sending).values():
        row.claim, row.claimed_at = None, now() - CLAIM_GRACE
    session.flush()

    settle_left_behind(session)

    session.expire_all()
    states = {row.state for row in deliveries(session, sending).values()}
    assert states == {DeliveryState.UNCERTAIN}
