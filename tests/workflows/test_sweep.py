"""The sweep finds lost messages, due work and what a dead worker left behind."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Door,
    IdempotentCall,
    Notification,
    NotificationState,
    WorkItem,
)
from models.clock import now
from models.outbox import HORIZON, OutboxEntry, drain
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_dispatch, a_draft, a_request, cast, members
from tests.workflows.locks import never_wait
from tests.workflows.sendout.sending import EDSGER, deliveries, step
from workflows import sweep
from workflows.sendout.claim import claim_batch, count_by_state
from workflows.sendout.left_behind import CLAIM_GRACE, settle_left_behind
from workflows.sendout.schedule import recall, release

LONG_AGO = timedelta(minutes=5)


def published_again(session: Session) -> list[OutboxEntry]:
    """Return what one sweep publishes."""
    session.flush()
    drain(session)
    sweep.publish_again(session)
    session.flush()
    return drain(session)


def lapse(item: WorkItem, ago: timedelta = LONG_AGO) -> None:
    """End the time for which its last publication counts."""
    item.publish_after = now() - ago


def letters(session: Session) -> list[Notification]:
    return list(session.scalars(select(Notification).order_by(Notification.id)))


def test_the_sweep_publishes_what_was_lost_and_nothing_else(session: Session, people: Cast) -> None:
    a_request(session, people)
    sending = a_dispatch(session, people)
    lapse(sending)
    lapse(letters(session)[0])

    entries = published_again(session)

    assert {(entry.kind, entry.row_id) for entry in entries} == {
        (Notification, letters(session)[0].id),
        (Dispatch, sending.id),
    }
    assert published_again(session) == []


def test_work_that_is_due_later_is_published_shortly_before(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)
    draft.author, draft.send_at = people.barbara, now() + timedelta(days=1)
    session.flush()
    waiting = release(session, draft, actor=Actor(people.barbara, Door.PORTAL))
    assert published_again(session) == []

    waiting.due_at = now() + HORIZON / 2
    waiting.publish_after = waiting.due_at - HORIZON

    (entry,) = published_again(session)
    assert (entry.row_id, entry.due_at) == (waiting.id, waiting.due_at)


def test_finished_work_is_never_published_again(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    recalled, sent = a_dispatch(session, people), a_dispatch(session, people)
    recall(session, recalled.message, actor=Actor(people.ada, Door.PORTAL))
    while sent.state is not DispatchState.SENT:
        step(session, sent, mailbox)
    for letter in letters(session):
        letter.move(NotificationState.MOOT)
    for item in [recalled, sent, *letters(session)]:
        lapse(item)

    assert published_again(session) == []


def test_a_long_backlog_is_published_in_turn_oldest_first(
    session: Session, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "MAX_PUBLISHED", 2)
    for _ in range(2):
        a_request(session, people)
    backlog = letters(session)
    for minutes, letter in zip((6, 9, 7, 8), backlog, strict=True):
        lapse(letter, timedelta(minutes=minutes))

    looks = [{entry.row_id for entry in published_again(session)} for _ in range(3)]

    ids = [letter.id for letter in backlog]
    assert looks == [{ids[1], ids[3]}, {ids[2], ids[0]}, set()]


def test_a_row_that_a_worker_has_locked_is_not_published_again(own_database: Engine) -> None:
    with Session(own_database) as session, session.begin():
        a_request(session, cast(session))
        session.execute(update(Notification).values(publish_after=now() - LONG_AGO))

    with Session(own_database) as worker, Session(own_database) as sweeper:
        held = worker.scalars(select(Notification).order_by(Notification.id)).first()
        assert held
        assert Notification.take(worker, held.id, NotificationState.PENDING)

        never_wait(sweeper)
        sweep.publish_again(sweeper)
        published = [each.id for each in letters(sweeper) if each.publish_after > now()]

    assert len(published) == 1
    assert held.id not in published


def claimed(session: Session, sending: Dispatch, ago: timedelta) -> None:
    """Claim the dispatch's next batch, so long ago."""
    batch = claim_batch(session, sending, UTC)
    session.flush()
    session.execute(update(Delivery).where(Delivery.id.in_(batch)).values(claimed_at=now() - ago))
    session.expire_all()


def lost(session: Session) -> list[tuple[int | None, Any]]:
    """Return how many deliveries of which messages were reported uncertain."""
    entries = select(AuditEntry).where(AuditEntry.act == Act.LOST_SIGHT).order_by(AuditEntry.id)
    return [(entry.message_id, entry.detail["deliveries"]) for entry in session.scalars(entries)]


def test_deliveries_of_a_dead_worker_are_reported_and_never_repeated(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    members(session, people.announce, 3)
    sending, other = a_dispatch(session, people), a_dispatch(session, people)
    people.edsger.disabled_at = now()
    claimed(session, sending, CLAIM_GRACE)
    people.edsger.disabled_at = None
    claimed(session, other, CLAIM_GRACE)
    drain(session)

    settle_left_behind(session)
    session.flush()

    assert sorted(lost(session)) == [(sending.message_id, 4), (other.message_id, 5)]
    assert {entry.row_id for entry in drain(session)} == {sending.id, other.id}
    step(session, sending, mailbox)
    assert sending.state is DispatchState.SENT
    assert count_by_state(session, sending) == {"uncertain": 4}
    assert mailbox.mails == []


def test_recently_claimed_deliveries_are_unchanged(session: Session, people: Cast) -> None:
    sending = a_dispatch(session, people)
    claimed(session, sending, CLAIM_GRACE - timedelta(seconds=3))

    settle_left_behind(session)

    assert {d.state for d in deliveries(session, sending).values()} == {DeliveryState.SENDING}
    assert lost(session) == []


def test_unfinished_deliveries_of_a_stopped_sendout_are_reported_too(
    session: Session, people: Cast
) -> None:
    sending = a_dispatch(session, people)
    claimed(session, sending, CLAIM_GRACE)
    recall(session, sending.message, actor=Actor(people.ada, Door.PORTAL))

    settle_left_behind(session)

    assert count_by_state(session, sending) == {"uncertain": 2}
    assert sending.state is DispatchState.STOPPED


def test_deliveries_that_a_living_worker_has_locked_are_unchanged(own_database: Engine) -> None:
    with Session(own_database) as session, session.begin():
        sending = a_dispatch(session, cast(session))
        claimed(session, sending, timedelta(hours=1))
        sending_id = sending.id

    with Session(own_database) as worker:
        hers = Delivery.address == EDSGER
        worker.scalars(select(Delivery).where(hers).with_for_update()).one()
        with Session(own_database) as session, session.begin():
            never_wait(session)
            settle_left_behind(session)
        with Session(own_database) as session:
            found = deliveries(session, session.get_one(Dispatch, sending_id))
            assert found.pop(EDSGER).state is DeliveryState.SENDING
            assert {d.state for d in found.values()} == {DeliveryState.UNCERTAIN}

    with Session(own_database) as session, session.begin():
        settle_left_behind(session)
        assert count_by_state(session, session.get_one(Dispatch, sending_id)) == {"uncertain": 2}


def test_calls_are_remembered_for_a_week(session: Session) -> None:
    for age in (timedelta(), timedelta(days=6, hours=23), timedelta(days=7, seconds=1)):
        session.add(IdempotentCall(key=str(age), task="t", fingerprint="", called_at=now() - age))

    sweep.forget_old_calls(session)

    kept = session.scalars(select(IdempotentCall.key)).all()
    assert sorted(kept) == ["0:00:00", "6 days, 23:00:00"]
