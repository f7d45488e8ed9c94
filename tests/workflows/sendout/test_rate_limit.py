"""Copies leave at the list's rate, counted exactly, whatever becomes of relay and workers."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models import DeliveryState, Dispatch, DispatchState, MessageState, Rate, SendoutRules, Span
from models.outbox import drain
from notifications.retry import UNAVAILABLE_DELAY
from sandbox.mailbox import Mailbox
from tests.builders import a_dispatch, cast, members
from tests.portal.web.statements import counted
from tests.workflows.locks import never_wait
from tests.workflows.sendout.clocks import NINE, Clock
from tests.workflows.sendout.ruled import Ruled, claimed, rate
from tests.workflows.sendout.sending import EDSGER, deliveries, send_claimed, step
from workflows.sendout import claim
from workflows.sendout.claim import claim_batch
from workflows.sendout.left_behind import settle_left_behind


def test_in_a_period_as_many_are_claimed_as_the_rate_says_and_no_more(
    session: Session, clock: Clock, ruled: Ruled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "BATCH_SIZE", 5)
    sending = ruled(rate(6, 1), 13)

    batches = [claimed(session, sending) for _ in range(3)]
    assert batches == [5, 1, 0]
    assert sending.due_at == NINE + timedelta(minutes=1)
    assert claimed(session, sending) == 0

    clock.run(minutes=1)
    assert [claimed(session, sending) for _ in range(3)] == [5, 1, 0]
    clock.run(minutes=1)
    assert claimed(session, sending) == 1


def test_a_period_begins_with_its_first_copy(session: Session, clock: Clock, ruled: Ruled) -> None:
    sending = ruled(rate(4, 30))
    claimed(session, sending)

    clock.run(minutes=45)
    assert claimed(session, sending) == 4
    claimed(session, sending)

    assert sending.due_at == NINE + timedelta(minutes=75)


def test_the_next_period_is_published_then_and_not_before(
    session: Session, clock: Clock, ruled: Ruled
) -> None:
    sending = ruled(rate(4, 30))
    claimed(session, sending)
    session.flush()
    drain(session)
    claimed(session, sending)
    session.flush()

    assert drain(session) == []
    assert sending.publish_after == NINE + timedelta(minutes=29)
    clock.run(minutes=29)
    sending.request_publication()
    session.flush()
    (entry,) = drain(session)
    assert entry.due_at == NINE + timedelta(minutes=30)


def test_a_sendout_at_a_rate_reaches_everybody_once_and_ends_with_the_last_copy(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(rate(4, 30), 8)

    sent = []
    for _ in range(3):
        sent.append(sum(step(session, sending, mailbox) for _ in range(3)))
        clock.run(minutes=30)

    assert sent == [4, 4, 0]
    assert len({mail.recipients for mail in mailbox.mails}) == len(mailbox.mails) == 8
    assert sending.message.state is MessageState.SENT


def test_a_sendout_ends_at_once_although_its_period_lasts(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(rate(10, 1440), 10)

    assert [step(session, sending, mailbox) for _ in range(2)] == [10, 0]

    assert sending.state is DispatchState.SENT
    assert clock.moment == NINE


def test_whom_the_relay_refuses_for_now_counts_again_when_tried_again(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(rate(2, 60), 2)
    mailbox.answer(EDSGER, "451 4.7.1 greylisted")
    step(session, sending, mailbox)

    clock.run(minutes=30)
    assert step(session, sending, mailbox) == 0
    assert sending.due_at == NINE + timedelta(hours=1)
    clock.run(minutes=30)
    assert step(session, sending, mailbox) == 1

    assert sending.period_copies == 1
    assert len(mailbox.to(EDSGER)) == 1


def test_copies_claimed_but_never_tried_do_not_count(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(rate(6, 60))
    mailbox.stop()
    for _ in range(4):
        assert step(session, sending, mailbox) == 6
        clock.run(seconds=UNAVAILABLE_DELAY.seconds)

    mailbox.start()
    assert sum(step(session, sending, mailbox) for _ in range(3)) == 6

    assert len(mailbox.mails) == 6
    assert sending.due_at == clock.moment + timedelta(hours=1)


def test_copies_put_back_after_their_period_do_not_count_in_the_next(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(rate(4, 1))
    late = claim_batch(session, sending, UTC)
    clock.run(minutes=1)
    claimed(session, sending)
    mailbox.stop()

    send_claimed(session, sending.id, late, mailbox)

    session.expire(sending)
    assert sending.period_copies == 4
    assert claimed(session, sending) == 0


def test_copies_claimed_by_a_dead_worker_count_and_are_not_sent_again(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(rate(4, 60))
    lost = claim_batch(session, sending, UTC)
    for delivery in deliveries(session, sending).values():
        if delivery.id in lost:
            delivery.claimed_at = NINE - timedelta(days=9999)  # the sweep's clock is the real one
    settle_left_behind(session)

    sending.postpone(clock.moment)
    assert step(session, sending, mailbox) == 0
    for _ in range(2):
        clock.run(hours=1)
        step(session, sending, mailbox)

    states = [delivery.state for delivery in deliveries(session, sending).values()]
    assert states.count(DeliveryState.UNCERTAIN) == 4
    assert states.count(DeliveryState.SENT) == len(mailbox.mails) == 6


def test_two_workers_at_once_share_one_rate(own_database: Engine) -> None:
    with Session(own_database) as session, session.begin():
        people = cast(session)
        people.announce.sendout_rules = rate(3, 60)
        members(session, people.announce, 7)
        sending_id = a_dispatch(session, people).id
    states = (DispatchState.WAITING, DispatchState.SENDING)

    with Session(own_database) as one, Session(own_database) as other:
        first = Dispatch.take(one, sending_id, *states)
        assert first is not None
        assert claimed(one, first) == 3
        never_wait(other)
        assert Dispatch.take(other, sending_id, *states) is None
        one.commit()
        second = Dispatch.take(other, sending_id, *states)
        assert second is not None
        assert claimed(other, second) == 0


def test_without_rules_nothing_is_counted_and_no_further_query_runs(
    session: Session, ruled: Ruled, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "BATCH_SIZE", 5)
    sending = ruled(SendoutRules(), 6)
    step(session, sending, mailbox)
    session.commit()
    session.expunge_all()

    with counted() as statements:
        again = Dispatch.take(session, sending.id, DispatchState.SENDING)
        assert again is not None
        assert claimed(session, again) == 1
        session.flush()

    # The dispatch; the hold of all sendouts; its message and list; the batch.
    assert statements() == 4
    assert (again.period_began_at, again.period_copies) == (None, 0)


def test_a_span_divides_the_recipients(session: Session, clock: Clock, ruled: Ruled) -> None:
    sending = ruled(SendoutRules(span=Span(3)), 10)

    claims = []
    for _ in range(4):
        claims.append([claimed(session, sending) for _ in range(2)])
        clock.run(minutes=1, seconds=12)

    assert claims == [[4, 0], [4, 0], [2, 0], [0, 0]]


def test_the_slower_of_rate_and_span_is_in_force(
    session: Session, clock: Clock, ruled: Ruled
) -> None:
    sending = ruled(SendoutRules(Rate(2, 1), span=Span(3)), 10)

    assert [claimed(session, sending) for _ in range(2)] == [2, 0]
    clock.run(minutes=1)
    assert claimed(session, sending) == 2
