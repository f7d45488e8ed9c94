"""A lane's note in a file of its machine, for when Redis has lost the one that it was given.

Redis forgets when it is flushed, and a Redis that was restarted is not believed; a file outlives
both, and its process.  It costs so little that it is exact, and Redis need not be told of every
letter.
Three rules make it safe to believe:

1. **Ahead.**  A letter leaves only after a note that covers it was written.
2. **Locked.**  The file is locked as long as the lane works.  The system ends the lock with the
   process, so once another process can lock the file no further letter leaves.
3. **This run of the machine.**  A note names it.  After a power cut the file may be an older one.

A file begins with the numbers of the note and the id of the run; each result that is not SENT is a
line behind them: a JSON array of delivery, state and reason.
"""

import fcntl
import json
import mmap
import time
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

from workflows.sendout.notes import Note

# The id of this run of the machine; Linux draws it when it starts.
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")

# Where the numbers are: each is stored at once, so that a kill cannot divide it.
NUMBER: Final = "Q"
ANSWERED, OFFERED = 0, 1
NUMBERS: Final = 16  # bytes

# A week, in seconds: as long as a note in Redis.
KEPT_SECONDS: Final = 604_800


class LaneLives(Exception):
    """The lane that keeps this note is still at work."""


class NoteFile:
    """The note of one batch, locked by its lane."""

    def __init__(self, folder: Path, claim: UUID) -> None:
        """Create the file, with a note that nothing has left; raise OSError."""
        self._path = path_of(folder, claim)
        # Programs that the process starts do not inherit it: its lock ends with the lane.
        self._file = self._path.open("x+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._append(bytes(NUMBERS))
            self._map = mmap.mmap(self._file.fileno(), NUMBERS)
            # Last, because without it the file is not believed.
            self._append(run_of_machine() + b"\n")
        except OSError:
            self._file.close()
            self._path.unlink()
            raise
        self._numbers = memoryview(self._map).cast(NUMBER)
        self._others = 0  # how many of the note's are in the file

    def write(self, note: Note) -> None:
        """Write the next note of the batch; raise OSError."""
        if len(note.others) > self._others:
            added = islice(note.others.items(), self._others, None)
            self._append(b"".join(json.dumps([key, *one]).encode() + b"\n" for key, one in added))
            self._others = len(note.others)
        self._numbers[ANSWERED] = note.answered
        self._numbers[OFFERED] = note.offered

    def _append(self, lines: bytes) -> None:
        if self._file.write(lines) < len(lines):
            raise OSError("the disk is full")

    def delete(self) -> None:
        """Delete the file; raise OSError."""
        self.close()
        self._path.unlink()

    def close(self) -> None:
        """End the lock; the note stays."""
        self._numbers.release()
        self._map.close()
        self._file.close()


def read_note_file(folder: Path, claim: UUID) -> Note | None:
    """Return the note of a lane that has ended; None if there is none that can be believed.

    Raise LaneLives if its lane is still at work.
    """
    try:
        with path_of(folder, claim).open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            numbers, text = memoryview(file.read(NUMBERS)), file.read()
        this_run = run_of_machine()
    except BlockingIOError:
        raise LaneLives from None
    except OSError:
        return None
    # A last line without an end is half-written: its result is not known.  After a power cut the
    # file may even be empty.
    run, *lines = text.split(b"\n")
    if run != this_run or not lines:
        return None
    lines.pop()
    others = {key: (state, reason) for key, state, reason in map(json.loads, lines)}
    answered, offered = numbers.cast(NUMBER)
    return Note(answered, max(answered, offered), others)


def delete_old_files(folder: Path) -> None:
    """Delete the notes that were written more than KEPT_SECONDS ago."""
    for path in folder.glob("*.note"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - KEPT_SECONDS:
                path.unlink()


def path_of(folder: Path, claim: UUID) -> Path:
    return folder / f"{claim}.note"


def run_of_machine() -> bytes:
    """Return the id of this run of the machine; raise OSError where it has none."""
    return BOOT_ID.read_bytes().strip()
