"""A hold of all sendouts: no batch begins while it lasts, and none is at work when it begins."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, DeliveryState, Dispatch, DispatchState
from models.clock import now
from models.database import new_session
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_dispatch, cast
from tests.waiting import wait_for
from tests.workflows.sendout.sending import deliveries, send_claimed, step
from workflows.sendout import claim
from workflows.sendout.claim import Batch
from workflows.sendout.hold import held_since, hold_sendouts, release_sendouts

OPERATOR = Actor.operator()


def test_nothing_begins_while_sendouts_are_held(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    hold_sendouts(session, actor=OPERATOR)

    assert step(session, sending, mailbox) == 0

    assert (sending.state, deliveries(session, sending)) == (DispatchState.WAITING, {})
    assert mailbox.mails == []


def test_a_sendout_goes_on_after_its_last_batch_was_released(
    session: Session, people: Cast, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "BATCH_SIZE", 1)
    sending = a_dispatch(session, people)
    step(session, sending, mailbox)
    hold_sendouts(session, actor=OPERATOR)
    assert step(session, sending, mailbox) == 0

    release_sendouts(session, actor=OPERATOR)
    session.refresh(sending)
    assert sending.publish_after <= now()
    while step(session, sending, mailbox):
        pass

    assert len(mailbox.mails) == 2
    assert sending.state is DispatchState.SENT


def test_a_batch_that_was_claimed_before_the_hold_is_not_sent(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    batch = claim.claim_batch(session, sending, UTC)
    session.flush()
    hold_sendouts(session, actor=OPERATOR)

    send_claimed(session, sending.id, batch, mailbox)

    assert mailbox.mails == []
    found = deliveries(session, sending).values()
    assert {(one.state, one.attempts) for one in found} == {(DeliveryState.PENDING, 0)}


def test_hold_and_release_are_on_record_once(session: Session, people: Cast) -> None:
    assert people
    assert [hold_sendouts(session, actor=OPERATOR) for _ in range(2)] == [True, False]
    assert held_since(session) is not None
    assert [release_sendouts(session, actor=OPERATOR) for _ in range(2)] == [True, False]
    assert held_since(session) is None

    entries = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id.desc()).limit(2)).all()
    assert entries == [Act.RELEASED_SENDOUTS, Act.HELD_SENDOUTS]


def test_a_hold_waits_for_the_batch_at_work_and_then_none_is(
    own_database: Engine, mailbox: Mailbox
) -> None:
    assert own_database
    mailbox.be_slow(0.5)
    with new_session.begin() as session:
        sending = a_dispatch(session, cast(session)).id
    with new_session.begin() as session:
        batch = claim.claim_batch(session, session.get_one(Dispatch, sending), UTC)

    with ThreadPoolExecutor() as threads:
        at_work = threads.submit(send_in_a_transaction, sending, batch, mailbox)
        wait_for("the batch at the mail relay", lambda: mailbox.mails)
        with new_session.begin() as session:
            hold_sendouts(session, actor=OPERATOR)
        sent = len(mailbox.mails)
        assert at_work.result() is None

    assert sent == len(batch) == 2
    with new_session.begin() as session:
        assert not claim.claim_batch(session, session.get_one(Dispatch, sending), UTC)


def send_in_a_transaction(sending: int, batch: Batch, mailbox: Mailbox) -> None:
    with new_session.begin() as session:
        send_claimed(session, sending, batch, mailbox)
