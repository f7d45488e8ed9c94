"""Sendouts: one Dispatch of a Message, one Delivery for each of its recipients."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.lifecycle import Lifecycle, word
from models.messages import Message
from models.work_items import WorkItem


class DispatchState(StrEnum):
    """How far a sendout has come."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    STOPPED = "stopped"
    RECALLED = "recalled"


class DeliveryState(StrEnum):
    """How far the message has come on its way to one recipient."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class Dispatch(WorkItem):
    """One sending of one Message when its time (`due_at`) has come.

    It exists because of a Decision or because of somebody with Right 601, and of nothing else.
    """

    __tablename__ = "dispatch"
    __table_args__ = (
        CheckConstraint("num_nonnulls(request_id, released_by_id) = 1", name="authorised"),
        Index(
            "dispatch_one_unfinished_key",
            "message_id",
            unique=True,
            postgresql_where="state in ('waiting', 'sending')",
        ),
        Index(None, "ring_at", postgresql_where="state in ('waiting', 'sending')"),
        Index(None, "message_id"),
    )

    moves: ClassVar = {
        None: {DispatchState.WAITING},
        DispatchState.WAITING: {DispatchState.SENDING, DispatchState.RECALLED},
        DispatchState.SENDING: {DispatchState.SENT, DispatchState.STOPPED},
    }

    state: Mapped[DispatchState] = mapped_column(word(DispatchState))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    content_hash: Mapped[str]
    request_id: Mapped[int | None] = mapped_column(ForeignKey("decision.request_id"), unique=True)
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    # Where there is a rate: when its period began, and how many copies were claimed in it.
    period_began_at: Mapped[datetime | None]
    period_copies: Mapped[int] = mapped_column(default=0)

    message: Mapped[Message] = relationship()


class Delivery(Lifecycle):
    """One recipient of a Dispatch.

    SENDING is committed before the first byte leaves: a delivery that a dead worker left there is
    never repeated, but reported as UNCERTAIN.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("dispatch_id", "address"),
        # In the order in which they are claimed, so that a claim need not sort.
        Index(None, "dispatch_id", "next_attempt_at", "id", postgresql_where="state = 'pending'"),
        Index(None, "claimed_at", postgresql_where="state = 'sending'"),
    )

    moves: ClassVar = {
        None: {DeliveryState.PENDING},
        DeliveryState.PENDING: {DeliveryState.SENDING},
        DeliveryState.SENDING: {
            DeliveryState.SENT,
            DeliveryState.FAILED,
            DeliveryState.UNCERTAIN,
            DeliveryState.PENDING,  # the relay said "later": known not to have been taken
        },
    }

    state: Mapped[DeliveryState] = mapped_column(word(DeliveryState))
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatch.id"))
    address: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]
