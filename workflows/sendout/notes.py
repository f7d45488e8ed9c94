"""A lane's progress, noted in Redis ahead of each copy: it survives the lane's process.

A note says how far a claimed batch is: up to `answered` the mail server has answered, up to
`offered` copies may have left, and no copy behind that has.  Three rules make it safe to believe:

1. **Ahead.**  A copy leaves only after Redis has acknowledged a note that covers it.
2. **Closed.**  The sweep renames a note before it reads it, and a lane only replaces a note that
   exists: whatever the lane of a closed note does, no further copy of it leaves.
3. **This Redis.**  A note names the run of the Redis that acknowledged it.  One that was restarted
   may have an older note: it is not believed.  Without a note, the whole batch is in doubt.

The key is the claim, a random number, so that no note is ever about another claim.
"""

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Self
from uuid import UUID, uuid4

import redis

from workflows.redis_client import redis_client

# A week, in seconds: much longer than a sweep needs to find the batch.
KEPT_SECONDS: Final = b"604800"

# SET key note condition EX seconds, as it travels; redis-py packs it in several times as long.
_SET: Final = (
    b"*6\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n$2\r\n%b\r\n"
    b"$2\r\nEX\r\n$6\r\n" + KEPT_SECONDS + b"\r\n"
)


class NoteLost(Exception):
    """Redis has not acknowledged a note: it is unavailable, was flushed, or the note is closed."""


@dataclass
class Note:
    """The progress of one batch; deliveries are sent in the order of their ids."""

    answered: int = 0  # the id of the last delivery whose outcome is known
    offered: int = 0  # the id of the last delivery that may have left
    # By id: the state and a sentence, of answered deliveries that are not SENT.
    others: dict[int, tuple[str, str]] = field(default_factory=dict)

    def text(self, run: str) -> bytes:
        others = json.dumps(self.others) if self.others else "{}"
        return f"{run} {self.answered} {self.offered} {others}".encode()

    @classmethod
    def read(cls, text: bytes, run: str) -> Self | None:
        """Return the note, or None if another run of Redis acknowledged it."""
        written_in, answered, offered, others = text.decode().split(" ", 3)
        if written_in != run:
            return None
        states = {int(key): (state, why) for key, (state, why) in json.loads(others).items()}
        return cls(int(answered), int(offered), states)


class Notebook:
    """One lane's connection to Redis; it notes the progress of one claim after the other."""

    def __init__(self, client: redis.Redis = redis_client) -> None:
        pool = client.connection_pool
        self._connection = pool.connection_class(**pool.connection_kwargs)
        self._run, self._key = "", b""
        self._written = self._acknowledged = 0

    def begin(self, claim: UUID | None = None) -> UUID:
        """Return a new claim, and note that none of its copies has left; raise NoteLost.

        No copy has left yet, so a connection that was lost since the last batch is replaced.
        """
        if self._written != self._acknowledged:
            self.close()
        try:
            return self._begin(claim or uuid4())
        except NoteLost:
            self.close()
            return self._begin(claim or uuid4())

    def _begin(self, claim: UUID) -> UUID:
        self._written = self._acknowledged = 0
        self._key = key_of(claim).encode()
        self._run = run_of(self._ask(b"INFO", b"server"))
        self._write(Note(), b"NX")
        self.wait_for(self._written)
        return claim

    def write(self, note: Note) -> int:
        """Send a note, and return its number to wait for; raise NoteLost."""
        # A new connection might lead to a Redis that was restarted meanwhile.
        self._require_connection()
        return self._write(note, b"XX")

    def wait_for(self, number: int) -> None:
        """Return when Redis has acknowledged this note; raise NoteLost."""
        while self._acknowledged < number:
            if self._answer() is None:
                self.close()
                raise NoteLost("the note of this batch was closed or deleted")
            self._acknowledged += 1

    def forget(self) -> None:
        """Delete the note of a batch that is recorded."""
        with suppress(NoteLost):
            self.wait_for(self._written)
            self._ask(b"UNLINK", self._key)

    def close(self) -> None:
        self._connection.disconnect()

    def _write(self, note: Note, condition: bytes) -> int:
        text = note.text(self._run)
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
            self.close()
            raise NoteLost(str(failure)) from None


def close_note(claim: UUID, client: redis.Redis = redis_client) -> Note | None:
    """Close the note of a claim, so that no more of its copies leave, and return it.

    Return None if there is none that can be believed.  May be repeated.  Raises RedisError.
    """
    key = key_of(claim)
    with suppress(redis.ResponseError):  # no such key: it is closed already, or lost
        client.rename(key, f"{key}:closed")
    text = client.get(f"{key}:closed")
    run = run_of(client.info("server"))
    return Note.read(text, run) if isinstance(text, bytes) else None


def key_of(claim: UUID) -> str:
    return f"listgate:lane:{claim}"


def run_of(server: Any) -> str:
    """Return the id of this run of Redis, from the answer to INFO."""
    if isinstance(server, dict):
        return str(server["run_id"])
    found = re.search(rb"run_id:(\w+)", server)
    assert found, "every Redis has a run_id"
    return found[1].decode()
