"""Pushes of a list's addresses to the list server, and what the last good one held."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.lifecycle import word
from models.lists import MailingList
from models.work_items import WorkItem


class SyncState(StrEnum):
    """How far a push has come."""

    PENDING = "pending"
    RUNNING = "running"
    HELD = "held"
    DONE = "done"


class Failure(StrEnum):
    """Why a push failed; notifications/wording/failures.py has the sentences."""

    NOT_STARTED = "not_started"
    NOT_EXECUTABLE = "not_executable"
    NOT_FOUND = "not_found"
    EXIT_STATUS = "exit_status"
    SIGNAL = "signal"
    TOOK_TOO_LONG = "took_too_long"
    SAID_TOO_MUCH = "said_too_much"
    READ_TOO_LITTLE = "read_too_little"
    STARTED_TOO_LATE = "started_too_late"
    WORKER_DIED = "worker_died"


class Sync(WorkItem):
    """One push of a list's addresses to the list server, repeated until it succeeds.

    The outcome is that of the last attempt.
    """

    __tablename__ = "sync"
    __table_args__ = (
        Index(None, "ring_at", postgresql_where="state = 'pending'"),
        Index("sync_unfinished_key", "list_id", unique=True, postgresql_where="state <> 'done'"),
        Index(None, "list_id", "id"),
        Index(None, "lease_until", postgresql_where="state = 'running'"),
    )

    moves: ClassVar = {
        None: {SyncState.PENDING},
        SyncState.PENDING: {SyncState.RUNNING},
        SyncState.RUNNING: {SyncState.DONE, SyncState.PENDING, SyncState.HELD},
        SyncState.HELD: {SyncState.PENDING},
    }

    state: Mapped[SyncState] = mapped_column(word(SyncState))
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    # Until then the command may be running, whatever became of its worker.
    lease_until: Mapped[datetime | None]
    # In a row; a Sync is done with its first success.
    failures: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    exit_status: Mapped[int | None]  # negative: the number of the signal that ended it
    addresses: Mapped[int | None]
    digest: Mapped[bytes | None]  # SHA-256 of what was pushed
    # How many of the addresses of the last good push this one would take away, if that is too many.
    removals: Mapped[int | None]
    # Up to how many removals a person has let through.
    confirmed: Mapped[int] = mapped_column(default=0)
    failure: Mapped[Failure | None] = mapped_column(word(Failure))
    stderr: Mapped[str] = mapped_column(default="")  # the tail of it

    mailing_list: Mapped[MailingList] = relationship()


class PushedPart(Base):
    """A part of what a list's last good push held: whole lines, compressed with zlib."""

    __tablename__ = "pushed_part"

    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lines: Mapped[bytes]
