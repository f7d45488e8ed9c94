"""Pushes of a list's addresses to the list server, and the last one that succeeded."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.lifecycle import text_enum
from models.lists import MailingList
from models.outbox import WorkItem


class SyncState(StrEnum):
    """The progress of a push."""

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
    """One push of a list's addresses to the list server, retried until it succeeds.

    The columns describe the last attempt.
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

    state: Mapped[SyncState] = mapped_column(text_enum(SyncState))
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    # The command may run until then, even if its worker has died.
    lease_until: Mapped[datetime | None]
    # Failed attempts so far.
    failures: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    exit_status: Mapped[int | None]  # negative: the number of the signal that ended it
    addresses: Mapped[int | None]
    digest: Mapped[bytes | None]  # SHA-256 of what was pushed
    # The addresses of the last successful push that this one would remove, if they are too many.
    removals: Mapped[int | None]
    # The number of removals that a person has confirmed.
    confirmed: Mapped[int] = mapped_column(default=0)
    failure: Mapped[Failure | None] = mapped_column(text_enum(Failure))
    stderr: Mapped[str] = mapped_column(default="")  # its tail

    mailing_list: Mapped[MailingList] = relationship()


class PushedPart(Base):
    """A part of the snapshot of a list's last successful push: lines compressed with zlib."""

    __tablename__ = "pushed_part"

    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lines: Mapped[bytes]
