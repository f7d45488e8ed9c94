"""A note in a file of the machine is exact, and survives both the lane and a flushed Redis."""

import fcntl
import mmap
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from itertools import count, cycle
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models import DeliveryState, Message
from notifications.smtp.relay import Relay
from sandbox.mailbox import Mailbox
from tests.builders import Cast
from tests.notifications.smtp.scripted_server import HANG, scripted
from tests.workflows.sendout.interrupted import Died, Sendouts, claim_at_once, die
from workflows.sendout import lane, note_files, send
from workflows.sendout.note_files import (
    KEPT_SECONDS,
    NUMBERS,
    LaneLives,
    NoteFile,
    delete_old_files,
    path_of,
    read_note_file,
)
from workflows.sendout.notebook import Notebook, close_note
from workflows.sendout.notes import Note
from workflows.sendout.send import Progress
from workflows.transaction import transaction

SENT, SENDING = DeliveryState.SENT, DeliveryState.SENDING
PENDING, UNCERTAIN = DeliveryState.PENDING, DeliveryState.UNCERTAIN

# Points of a lane with two connections: the first copy is answered, the second one is on its way,
# and the third one about to leave.
THIRD = 11

LOSSES: tuple[Callable[[Sendouts], object], ...] = (
    Sendouts.delete_notes,
    Sendouts.restart_redis,
    lambda _: None,
)


@pytest.fixture
def two_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let lanes have two connections, however small their batches are."""
    monkeypatch.setattr(lane, "SMALL_BATCH", 0)


@pytest.fixture
def sendouts(
    committed_cast: Cast,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    two_connections: None,  # noqa: ARG001
    tmp_path: Path,
) -> Sendouts:
    """Sendouts to six members, by lanes with a file."""
    return Sendouts(committed_cast, mailbox, monkeypatch, recipients=6, notes=tmp_path)


@pytest.fixture
def small_batches(
    committed_cast: Cast,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    two_connections: None,  # noqa: ARG001
    tmp_path: Path,
) -> Sendouts:
    """Sendouts to many members, by lanes with a file that claim three at once."""
    claim_at_once(monkeypatch, 3)
    return Sendouts(committed_cast, mailbox, monkeypatch, recipients=33, notes=tmp_path)


def test_a_lane_that_dies_at_any_point_leaves_two_copies_in_doubt_whatever_redis_has(
    small_batches: Sendouts,
) -> None:
    doubts = []
    for _, lose in zip(small_batches.at_every_point(die), cycle(LOSSES)):
        lose(small_batches)
        doubts.append(small_batches.settle())

    small_batches.finish_after(doubts)


def test_a_lane_that_lost_its_locks_and_lives_records_its_batch_itself(
    small_batches: Sendouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep() -> None:
        small_batches.lose_connections()
        small_batches.sweep()

    with monkeypatch.context() as patch:
        patch.setattr(lane, "LANE_SECONDS", 0)  # it ends after this batch
        for _ in small_batches.at_every_point(sleep, step=3):
            assert small_batches.settle() == 0
    small_batches.finish()

    assert small_batches.uncertain() == 0


def test_after_a_restart_of_the_machine_redis_is_asked(
    sendouts: Sendouts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(send, "REDIS_AHEAD", 3)
    sendouts.begin()
    assert sendouts.interrupt(THIRD, die)
    another_run = tmp_path / "boot_id"
    another_run.write_text("another run\n")
    monkeypatch.setattr(note_files, "BOOT_ID", another_run)

    sendouts.sweep()

    # The note in Redis covers three copies more than the first one.
    assert sendouts.states() == [UNCERTAIN] * 4 + [PENDING] * 2


def test_a_lane_whose_file_cannot_be_created_tells_redis_of_every_letter(
    small_batches: Sendouts, tmp_path: Path
) -> None:
    tmp_path.rmdir()
    points = small_batches.at_every_point(die, step=3)
    doubts = [small_batches.settle() for _ in points]

    small_batches.finish_after(doubts)


def test_a_file_that_cannot_be_written_ends_the_batch(
    sendouts: Sendouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, calls = NoteFile.write, count(1)

    def full(file: NoteFile, note: Note) -> None:
        if next(calls) % 3 == 0:
            raise OSError("the disk is full")
        write(file, note)

    monkeypatch.setattr(NoteFile, "write", full)
    sendouts.begin()
    sendouts.run_lane()

    assert sendouts.states() == [SENT] * 2 + [PENDING] * 4
    sendouts.finish()
    assert sendouts.uncertain() == 0


def test_after_a_lost_database_the_file_has_all_results(
    sendouts: Sendouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, calls = Progress.record, count(1)

    def lost(progress: Progress, session: Session) -> None:
        if next(calls) > 1:
            die()
        sendouts.lose_connections()
        record(progress, session)

    sendouts.begin()
    with monkeypatch.context() as patch, suppress(Died, SQLAlchemyError):
        patch.setattr(Progress, "record", lost)
        sendouts.run_lane()
    sendouts.delete_notes()
    sendouts.finish()

    assert sendouts.uncertain() == 0


def test_a_small_batch_has_one_connection_and_another_one_two() -> None:
    with scripted() as server:
        one = a_lane(server.url)
        with one._closing:
            assert [len(one._connect(copies)) for copies in (50, 51, 50)] == [1, 2, 1]


@pytest.mark.parametrize("greeting", ["421 4.7.0 too many connections", HANG])
def test_a_relay_that_wants_no_second_connection_gets_one(
    monkeypatch: pytest.MonkeyPatch, greeting: str
) -> None:
    monkeypatch.setattr(lane, "SECOND_PATIENCE", 0.1)
    with scripted({}, {"": greeting}) as server:
        one = a_lane(server.url)
        with one._closing:
            assert [len(one._connect(51)) for _ in range(2)] == [1, 1]

        assert len(server.commands) == 2, "it is asked once"


def a_lane(url: str) -> lane.Lane:
    """Return a lane that has not begun."""

    def no_copies(_message: Message) -> NoReturn:
        raise NotImplementedError

    return lane.Lane(1, lane.Lanes(Relay.from_url(url), no_copies, UTC, 1, transaction))


def test_without_the_folder_notes_are_in_redis(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "missing")
    claim = notebook.begin()

    assert not notebook.keep(Note(1, 2))
    assert close_note(claim, tmp_path / "missing") == Note()
    notebook.close()


def test_a_recorded_batch_leaves_no_file(sendouts: Sendouts, tmp_path: Path) -> None:
    sendouts.begin()
    sendouts.run_lane()

    assert sendouts.states() == [SENT] * 6
    assert [*tmp_path.iterdir()] == []


def others() -> st.SearchStrategy[dict[int, tuple[str, str]]]:
    states = st.sampled_from(["failed", "pending"])
    return st.dictionaries(st.integers(1, 2**62), st.tuples(states, st.text()), max_size=5)


@given(numbers=st.lists(st.tuples(st.integers(0, 2**62), st.integers(0, 100))), found=others())
def test_the_last_note_is_read_again(
    tmp_path_factory: pytest.TempPathFactory,
    numbers: list[tuple[int, int]],
    found: dict[int, tuple[str, str]],
) -> None:
    folder, claim = tmp_path_factory.getbasetemp(), uuid4()
    file, note = NoteFile(folder, claim), Note()
    noted: dict[int, tuple[str, str]] = {}
    for answered, more in numbers:
        if found:
            key, one = found.popitem()
            noted[key] = one
        note = Note(answered, answered + more, noted)
        file.write(note)
        with pytest.raises(LaneLives):
            read_note_file(folder, claim)
    file.close()

    assert read_note_file(folder, claim) == note
    path_of(folder, claim).unlink()


def test_a_result_that_is_half_written_is_not_known(tmp_path: Path) -> None:
    file = NoteFile(tmp_path, claim := uuid4())
    file.write(Note(1, 3, {1: ("failed", "no such person")}))
    whole = path_of(tmp_path, claim).stat().st_size
    file.write(Note(2, 3, {1: ("failed", "no such person"), 2: ("failed", "a full mailbox")}))
    file.close()
    path = path_of(tmp_path, claim)
    for size in range(path.stat().st_size - 1, whole - 1, -1):
        os.truncate(path, size)
        assert read_note_file(tmp_path, claim) == Note(2, 3, {1: ("failed", "no such person")})


def test_files_that_nobody_will_ask_for_are_deleted(tmp_path: Path) -> None:
    for age in (0, KEPT_SECONDS + 60):
        NoteFile(tmp_path, claim := uuid4()).close()
        os.utime(path_of(tmp_path, claim), times=(time.time() - age,) * 2)
    (tmp_path / "another file").touch()
    os.utime(tmp_path / "another file", times=(0, 0))

    delete_old_files(tmp_path)

    assert len([*tmp_path.iterdir()]) == 2


@pytest.mark.parametrize("size", [0, 8, NUMBERS, NUMBERS + 10])
def test_a_file_that_is_not_whole_is_not_believed(tmp_path: Path, size: int) -> None:
    NoteFile(tmp_path, claim := uuid4()).close()
    os.truncate(path_of(tmp_path, claim), size)

    assert read_note_file(tmp_path, claim) is None


@pytest.mark.parametrize("stores", [0, 1])
def test_a_kill_between_two_stores_leaves_two_in_doubt(tmp_path: Path, stores: int) -> None:
    class Dying:
        """Numbers of which so many are stored."""

        def __init__(self, numbers: memoryview) -> None:
            self.numbers, self.left, self.release = numbers, stores, numbers.release

        def __setitem__(self, key: int, value: int) -> None:
            if not self.left:
                raise Died
            self.left -= 1
            self.numbers[key] = value

    refused = {2: ("failed", "nobody here")}
    file: Any = NoteFile(tmp_path, claim := uuid4())
    file.write(Note(1, 3))
    file._numbers = Dying(file._numbers)
    with suppress(Died):
        file.write(Note(2, 4, refused))
    file.close()

    note = read_note_file(tmp_path, claim)
    assert note
    assert note.others == refused
    assert note.offered - note.answered <= 2


def test_a_file_that_cannot_be_mapped_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise OSError("no memory")

    monkeypatch.setattr(mmap, "mmap", fail)
    with pytest.raises(OSError, match="no memory"):
        NoteFile(tmp_path, uuid4())

    assert [*tmp_path.iterdir()] == []


def test_a_file_that_cannot_be_locked_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise OSError("no locks available")

    NoteFile(tmp_path, claim := uuid4()).close()
    monkeypatch.setattr(fcntl, "flock", fail)

    assert read_note_file(tmp_path, claim) is None
