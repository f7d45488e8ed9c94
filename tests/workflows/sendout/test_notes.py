"""Whatever happens to a lane, its notes say enough that each recipient gets one copy at most."""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import NoReturn

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models import DeliveryState, Dispatch, OutboxEntry
from models.clock import now
from notifications.retry import UNAVAILABLE_DELAY
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_mailer
from tests.workflows.sendout.interrupted import Sendouts, claim_at_once, die
from workflows.redis_client import redis_client
from workflows.sendout import lane
from workflows.sendout.lane import Lane, Lanes
from workflows.sendout.notebook import Notebook, NoteLost, close_note, key_of
from workflows.sendout.notes import Note
from workflows.sendout.record import Result, record_results
from workflows.sendout.send import Progress
from workflows.transaction import transaction

SENDING, SENT = DeliveryState.SENDING, DeliveryState.SENT
PENDING, UNCERTAIN = DeliveryState.PENDING, DeliveryState.UNCERTAIN

# Points of a lane: it has claimed its batch, and noted no copy; it has noted four copies, two of
# them are answered, and the third is about to leave.
CLAIMED, THIRD = 5, 12


@pytest.fixture
def sendouts(committed_cast: Cast, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Sendouts:
    """Sendouts to six members."""
    return Sendouts(committed_cast, mailbox, monkeypatch, recipients=6)


@pytest.fixture
def small_batches(
    committed_cast: Cast, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> Sendouts:
    """Sendouts to many members, by lanes that claim three at once."""
    claim_at_once(monkeypatch, 3)
    return Sendouts(committed_cast, mailbox, monkeypatch, recipients=33)


def test_a_lane_that_dies_at_any_point_leaves_two_copies_in_doubt(small_batches: Sendouts) -> None:
    points = small_batches.at_every_point(die)
    doubts = [small_batches.settle() for _ in points]

    small_batches.finish_after(doubts)


def test_a_lane_that_sleeps_at_any_point_sends_only_what_it_had_noted(
    small_batches: Sendouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep() -> None:
        small_batches.lose_connections()
        small_batches.settle()
        small_batches.run_lane()

    with monkeypatch.context() as patch:
        patch.setattr(lane, "LANE_SECONDS", 0)  # each ends after one batch
        points = small_batches.at_every_point(sleep, step=3)
        doubts = [small_batches.settle() for _ in points]

    small_batches.finish_after(doubts)


def test_a_lane_whose_note_is_closed_stops_at_the_next_copy(sendouts: Sendouts) -> None:
    def sleep() -> None:
        sendouts.lose_connections()
        sendouts.sweep()

    sendouts.begin()
    assert sendouts.interrupt(THIRD, sleep)

    assert sendouts.states() == [SENT, SENT, UNCERTAIN, UNCERTAIN, PENDING, PENDING]
    assert list(sendouts.copies()) == list(sendouts.rows())[:4]
    sendouts.finish()
    assert sendouts.uncertain() == 2
    assert set(sendouts.copies().values()) == {1}


def test_a_flush_at_any_point_ends_the_batch_with_nothing_in_doubt(small_batches: Sendouts) -> None:
    def flush() -> None:
        small_batches.delete_notes()
        small_batches.interruption.set(13, flush)  # at another point of a later batch

    small_batches.begin()
    small_batches.interruption.set(1, flush)
    small_batches.run_lane()

    assert PENDING in small_batches.states()
    small_batches.interruption.set(0, die)
    small_batches.finish()
    assert small_batches.uncertain() == 0


def test_without_a_note_of_this_redis_the_whole_batch_is_in_doubt(sendouts: Sendouts) -> None:
    for at, lose in (
        (CLAIMED, sendouts.delete_notes),
        (THIRD, sendouts.delete_notes),
        (THIRD, sendouts.restart_redis),
    ):
        sendouts.begin()
        assert sendouts.interrupt(at, die)
        lose()
        sendouts.finish()

        assert sendouts.uncertain() == 6


def test_the_note_of_an_older_claim_says_nothing_of_a_newer_one(sendouts: Sendouts) -> None:
    sendouts.begin()
    sendouts.interrupt(THIRD, die)
    older = next(iter(sendouts.rows().values())).claim
    assert older
    sendouts.sweep()
    sendouts.let_time_pass()
    sendouts.interrupt(CLAIMED, die)
    assert sendouts.states()[4:] == [SENDING, SENDING]

    with transaction() as session:
        record_results(session, older, {row.id: Result(SENT) for row in sendouts.rows().values()})
    assert sendouts.states()[4:] == [SENDING, SENDING]
    sendouts.delete_notes()  # of the newer claim
    redis_client.rename(f"{key_of(older)}:closed", key_of(older))
    sendouts.sweep()

    assert sendouts.states()[4:] == [UNCERTAIN, UNCERTAIN]


def test_a_notebook_does_not_go_on_over_another_connection() -> None:
    notebook = Notebook()
    batch = notebook.begin()
    number = notebook.write(Note(offered=1))
    notebook.wait_for(number)
    notebook.close()

    with pytest.raises(NoteLost):
        notebook.write(Note(1, 2))
    with pytest.raises(NoteLost):
        notebook.wait_for(number + 1)
    assert close_note(batch) == close_note(batch) == Note(offered=1)
    notebook.close()


def test_a_connection_that_was_lost_between_two_batches_is_replaced() -> None:
    notebook = Notebook()
    notebook.begin()
    notebook.forget()
    for each in redis_client.client_list():
        if each["cmd"] == "unlink":
            redis_client.client_kill_filter(_id=each["id"])

    batch = notebook.begin()

    assert close_note(batch) == Note()
    notebook.close()


def test_a_lane_that_cannot_note_its_progress_leaves_the_sendout_to_the_next_sweep(
    sendouts: Sendouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(_: Notebook) -> NoReturn:
        raise NoteLost("Redis is away")

    sendouts.begin()
    later = update(Dispatch).values(publish_after=now() + timedelta(minutes=4))
    with transaction() as session:
        session.execute(later)
    with monkeypatch.context() as patch:
        patch.setattr(Notebook, "begin", unavailable)
        sendouts.run_lane()

    with transaction() as session:
        waiting = session.get_one(Dispatch, sendouts.id)
        assert waiting.publish_after <= now() + UNAVAILABLE_DELAY
        assert waiting.due_at <= now()
    assert sendouts.rows() == {}


def away(times: int) -> Callable[[Progress, Session], None]:
    """Let the database be away so many times when a lane records its results."""
    record, left = Progress.record, [True] * times

    def recorded(progress: Progress, session: Session) -> None:
        if left:
            left.pop()
            raise OperationalError("update delivery", {}, ConnectionError())
        record(progress, session)

    return recorded


def test_a_lane_records_its_results_once_the_database_is_back(
    sendouts: Sendouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    sendouts.begin()
    monkeypatch.setattr(lane, "RECORD_PAUSE", 0)
    monkeypatch.setattr(Progress, "record", away(3))

    sendouts.run_lane()

    assert sendouts.states() == [SENT] * 6
    assert set(sendouts.copies().values()) == {1}


def test_what_a_lane_could_not_record_the_sweep_finds_in_its_last_note(
    sendouts: Sendouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    sendouts.begin()
    monkeypatch.setattr(lane, "RECORD_SECONDS", -1)
    with monkeypatch.context() as patch:
        patch.setattr(Progress, "record", away(2))
        with pytest.raises(OperationalError):
            sendouts.run_lane()
    assert sendouts.states() == [SENDING] * 6

    sendouts.sweep()

    assert sendouts.states() == [SENT] * 6
    assert set(sendouts.copies().values()) == {1}


def test_a_lane_without_a_free_slot_leaves_the_work_to_the_others(sendouts: Sendouts) -> None:
    sendouts.begin()

    with transaction() as other:
        assert lane.take_slot(other, sendouts.id, 1)
        sendouts.run_lane()
        assert sendouts.rows() == {}

    sendouts.run_lane()
    assert sendouts.states() == [SENT] * 6


def test_a_task_of_a_sendout_that_is_over_sends_nothing(
    sendouts: Sendouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(_: Notebook) -> NoReturn:
        raise NoteLost("Redis is away")

    sendouts.begin()
    sendouts.finish()

    sendouts.run_lane()
    monkeypatch.setattr(Notebook, "begin", unavailable)
    sendouts.run_lane()

    assert sendouts.states() == [SENT] * 6
    assert set(sendouts.copies().values()) == {1}


def test_a_full_first_batch_asks_for_another_lane_and_later_ones_do_not(
    small_batches: Sendouts,
    mailbox: Mailbox,
    published: list[OutboxEntry],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lane, "BATCH_SIZE", 3)
    mailer = a_mailer(mailbox)
    small_batches.begin()
    published.clear()

    for most in (1, 2):
        lanes = Lanes(mailer.relay, mailer.copies, UTC, most, transaction)
        with monkeypatch.context() as patch:
            patch.setattr(lane, "LANE_SECONDS", -1)  # one batch
            Lane(small_batches.id, lanes).run()

    asked = [entry.row_id for entry in published if entry.kind is Dispatch]
    assert asked == [small_batches.id] * 3  # each lane's end asks for one that goes on


def test_a_note_that_cannot_leave_is_lost() -> None:
    notebook = Notebook()
    notebook.begin()
    number = notebook.write(Note(offered=1))
    notebook.wait_for(number)
    for each in redis_client.client_list():
        if each["cmd"] == "set":
            redis_client.client_kill_filter(_id=each["id"])

    with pytest.raises(NoteLost):
        for offered in range(2, 100):  # the first ones are lost on the way
            notebook.write(Note(1, offered))
    notebook.close()
