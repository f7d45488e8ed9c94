"""A note in a file of the machine is exact, and survives both the lane and a flushed Redis."""

import os
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import DeliveryState
from sandbox.mailbox import Mailbox
from tests.builders import Cast, members
from tests.workflows.sendout.interrupted import Sendouts, die
from workflows.sendout import lane, note_files, send
from workflows.sendout.note_files import (
    KEPT_SECONDS,
    LaneLives,
    NoteFile,
    delete_old_files,
    path_of,
    read_note_file,
)
from workflows.sendout.notebook import Notebook, NoteLost, close_note
from workflows.sendout.notes import Note
from workflows.transaction import transaction

SENT, SENDING = DeliveryState.SENT, DeliveryState.SENDING
PENDING, UNCERTAIN = DeliveryState.PENDING, DeliveryState.UNCERTAIN

# Points of a lane with two connections: the first copy is answered, the second one is on its way,
# and the third one about to leave.
THIRD = 11


@pytest.fixture
def sendouts(
    committed_cast: Cast, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Sendouts:
    """Sendouts to six members, by lanes with two connections and a file."""
    monkeypatch.setattr(lane, "SMALL_BATCH", 0)
    with transaction() as session:
        members(session, session.merge(committed_cast.announce), 4)
    return Sendouts(committed_cast, mailbox, monkeypatch, tmp_path)


@pytest.mark.parametrize("lose", [lambda _: None, Sendouts.delete_notes, Sendouts.restart_redis])
def test_a_lane_that_dies_at_any_point_leaves_two_copies_in_doubt_whatever_redis_has(
    sendouts: Sendouts, mailbox: Mailbox, lose: Callable[[Sendouts], None]
) -> None:
    for at in count(1):
        sendouts.begin()
        mailbox.answer("member0@example.org", "550 5.1.1 nobody here")
        mailbox.answer("member2@example.org", "451 4.3.0 later")
        if not sendouts.interrupt(at, die):
            break
        lose(sendouts)
        sendouts.finish()

        assert sendouts.uncertain() <= 2
    assert at > 2 * 6, "two points for each copy"


def test_a_lane_that_lost_its_locks_and_lives_records_its_batch_itself(sendouts: Sendouts) -> None:
    def sleep() -> None:
        sendouts.lose_connections()
        sendouts.sweep()

    for at in count(1, 3):
        sendouts.begin()
        if not sendouts.interrupt(at, sleep):
            break
        sendouts.finish()

        assert sendouts.uncertain() == 0
    assert at > 2 * 6, "two points for each copy"


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


def test_a_lane_whose_file_cannot_be_written_tells_redis_of_every_letter(
    sendouts: Sendouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: NoteFile, _note: Note) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(NoteFile, "write", full)
    for at in count(1, 3):
        sendouts.begin()
        if not sendouts.interrupt(at, die):
            break
        sendouts.finish()

        assert sendouts.uncertain() <= 2
    assert at > 4 * 6, "four points for each copy"


def test_an_old_note_that_cannot_be_deleted_ends_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("read-only file system")

    notebook = Notebook(tmp_path)
    notebook.begin()
    monkeypatch.setattr(NoteFile, "write", fail)
    monkeypatch.setattr(Path, "unlink", fail)

    with pytest.raises(NoteLost):
        notebook.keep(Note(1, 2))
    notebook.close()


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
    return st.dictionaries(
        st.integers(1, 2**62), st.tuples(st.sampled_from(["failed", "pending"]), st.text())
    )


@given(numbers=st.lists(st.tuples(st.integers(0, 2**62), st.integers(0, 100))), found=others())
def test_the_last_note_is_read_again(
    tmp_path_factory: pytest.TempPathFactory,
    numbers: list[tuple[int, int]],
    found: dict[int, tuple[str, str]],
) -> None:
    folder, claim = tmp_path_factory.getbasetemp(), uuid4()
    file, note = NoteFile(folder, claim), Note()
    told: dict[int, tuple[str, str]] = {}
    for answered, more in numbers:
        if found:
            key, one = found.popitem()
            told[key] = one
        note = Note(answered, answered + more, told)
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
