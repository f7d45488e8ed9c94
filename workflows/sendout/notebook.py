"""A lane's progress, noted ahead of each copy: it survives the lane's process.

A note says how far a claimed batch is: up to `answered` the mail server has answered, up to
`offered` copies may have left, and no copy behind that has.  Redis has it, for the sweep on any
machine, and a file of the lane's machine (note_files.py), if the operator has set a folder.  Then
the file is exact, and the note in Redis covers some copies more than may have left, so that it is
written less often.

Three rules make the note in Redis safe to believe:

1. **Ahead.**  A copy leaves only after Redis has acknowledged a note that covers it.
2. **Closed.**  The sweep renames a note before it reads it, and a lane only replaces a note that
   exists: whatever the lane of a closed note does, no further copy of it leaves.
3. **This Redis.**  A note names the run of the Redis that acknowledged it.  One that was restarted
   may have an older note: it is not believed.  Without it and a file, the whole batch is in doubt.

The key is the claim, a random number, so that no note is ever about another claim.
"""

import logging
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import redis

from workflows.redis_client import redis_client
from workflows.sendout.note_files import NoteFile, read_note_file
from workflows.sendout.notes import Note

log = logging.getLogger(__name__)

# A week, in seconds: much longer than a sweep needs to find the batch.
KEPT_SECONDS: Final = b"604800"

# SET key note condition EX seconds, as it travels; redis-py packs it in several times as long.
_SET: Final = (
    b"*6\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n$2\r\n%b\r\n"
    b"$2\r\nEX\r\n$6\r\n" + KEPT_SECONDS + b"\r\n"
)


class NoteLost(Exception):
    """A note could not be written.

    Redis is unavailable, was flushed, or its note is closed; or the disk with the file is full.
    """


class Notebook:
    """One lane's connection to Redis, and its file, for the progress of one claim at a time."""

    def __init__(self, folder: Path | None = None, client: redis.Redis = redis_client) -> None:
        pool = client.connection_pool
        self._connection = pool.connection_class(**pool.connection_kwargs)
        self._folder = folder
        self._file: NoteFile | None = None
        self._run, self._key = b"", b""
        self._written = self._acknowledged = 0

    def begin(self, claim: UUID | None = None) -> UUID:
        """Return a new claim, and note that none of its copies has left; raise NoteLost.

        No copy has left yet, so a connection that was lost since the last batch is replaced.
        """
        if self._written != self._acknowledged:
            self._connection.disconnect()
        chosen = claim or uuid4()
        try:
            self._begin(chosen)
        except NoteLost:
            self._connection.disconnect()
            self._begin(chosen)
        self._file = self._new_file(chosen)
        return chosen

    def _begin(self, claim: UUID) -> None:
        self._written = self._acknowledged = 0
        self._key = key_of(claim).encode()
        self._run = run_of(self._ask(b"INFO", b"server"))
        self._write(Note(), b"NX")
        self.wait_for(self._written)

    def _new_file(self, claim: UUID) -> NoteFile | None:
        if self._folder is None:
            return None
        try:
            return NoteFile(self._folder, claim)
        except OSError as failure:
            log.warning("no note can be kept in a file", extra={"reason": str(failure)})
            return None

    def keep(self, note: Note) -> bool:
        """Write the note to the file; return whether there is one.  Raise NoteLost."""
        if self._file is None:
            return False
        try:
            self._file.write(note)
        except OSError as failure:
            # The lane must not go on without the file, whose note the sweep would believe.
            raise NoteLost(str(failure)) from None
        return True

    def write(self, note: Note) -> int:
        """Send a note to Redis, and return its number to wait for; raise NoteLost."""
        # A new connection might lead to a Redis that was restarted meanwhile.
        self._require_connection()
        return self._write(note, b"XX")

    def wait_for(self, number: int) -> None:
        """Return when Redis has acknowledged this note; raise NoteLost."""
        while self._acknowledged < number:
            if self._answer() is None:
                self._connection.disconnect()
                raise NoteLost("the note of this batch was closed or deleted")
            self._acknowledged += 1

    def forget(self) -> None:
        """Delete the note of a batch that is recorded."""
        if self._file:
            with suppress(OSError):
                self._file.delete()
            self._file = None
        with suppress(NoteLost):
            self.wait_for(self._written)
            self._ask(b"UNLINK", self._key)

    def close(self) -> None:
        """End the connection, and the lock of the file; the notes stay."""
        self._connection.disconnect()
        if self._file:
            self._file.close()
            self._file = None

    def _write(self, note: Note, condition: bytes) -> int:
        text = self._run + b" " + note.text()
        self._send(_SET % (len(self._key), self._key, len(text), text, condition))
        self._written += 1
        return self._written

    def _ask(self, *command: bytes) -> Any:
        self._send(*self._connection.pack_command(*command))
        return self._answer()

    def _send(self, *packed: bytes) -> None:
        try:
            self._connection.send_packed_command(packed, check_health=False)
        except redis.RedisError as failure:
            raise NoteLost(str(failure)) from None

    def _require_connection(self) -> None:
        if not self._connection.is_connected:
            raise NoteLost("the connection to Redis was lost")

    def _answer(self) -> Any:
        self._require_connection()  # without one, redis-py raises AttributeError
        try:
            return self._connection.read_response(disable_decoding=True)
        except redis.RedisError as failure:
            self._connection.disconnect()
            raise NoteLost(str(failure)) from None


def close_note(
    claim: UUID, folder: Path | None = None, client: redis.Redis = redis_client
) -> Note | None:
    """Return the last note of a claim, of which no further copy leaves from now on.

    Return None if there is none that can be believed.  May be repeated.  Raise LaneLives if its
    lane is at work on this machine, and RedisError.
    """
    if folder and (kept := read_note_file(folder, claim)):
        return kept
    key = key_of(claim)
    with suppress(redis.ResponseError):  # no such key: it is closed already, or lost
        client.rename(key, f"{key}:closed")
    found = client.get(f"{key}:closed")
    if not isinstance(found, bytes):
        return None
    run, _, text = found.partition(b" ")
    return Note.read(text) if run == run_of(client.info("server")) else None


def key_of(claim: UUID) -> str:
    return f"listgate:lane:{claim}"


def run_of(server: Any) -> bytes:
    """Return the id of this run of Redis, from the answer to INFO."""
    if isinstance(server, dict):
        return str(server["run_id"]).encode()
    found = re.search(rb"run_id:(\w+)", server)
    assert found, "every Redis has a run_id"
    return found[1]
