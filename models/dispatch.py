"""Sendouts: one Dispatch of a Message, one Delivery for each of its recipients."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.lifecycle import Lifecycle, text_enum
from models.messages import Message
from models.outbox import WorkItem


class DispatchState(StrEnum):
    """The progress of one sending."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    STOPPED = "stopped"
    RECALLED = "recalled"


class DeliveryState(StrEnum):
    """The progress of the message to one recipient."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class Dispatch(WorkItem):
    """One sending of one Message when its time (`due_at`) has come.

    A CHECK requires what authorises it: a Decision, or a user with Right 601 who released it.
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
        Index(
            "dispatch_doubts_unreported",
            "id",
            postgresql_where="state in ('sent', 'stopped') and doubts_reported_at is null",
        ),
    )

    moves: ClassVar = {
        None: {DispatchState.WAITING},
        DispatchState.WAITING: {DispatchState.SENDING, DispatchState.RECALLED},
        DispatchState.SENDING: {DispatchState.SENT, DispatchState.STOPPED},
        DispatchState.SENT: {DispatchState.SENDING},  # a person sends some copies again
        DispatchState.STOPPED: {DispatchState.SENDING},  # a person resumes it, until it is ended
    }

    state: Mapped[DispatchState] = mapped_column(text_enum(DispatchState))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    content_hash: Mapped[str]
    request_id: Mapped[int | None] = mapped_column(ForeignKey("decision.request_id"), unique=True)
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    # How many copies it has in all, among which a span is divided; null before it begins.
    recipients: Mapped[int | None]
    # With a rate limit or a span: when its period began, and how many copies were claimed in it.
    period_began_at: Mapped[datetime | None]
    period_copies: Mapped[int] = mapped_column(default=0)
    # Of a split message: the variant that a person chose for the rest, when they were asked to
    # choose, and when the copies to the rest began.
    winner_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    winner_asked_at: Mapped[datetime | None]
    rest_began_at: Mapped[datetime | None]
    # Who stopped it; null also for the system.
    stopped_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    # When a stopped one was ended, so that it cannot be resumed.
    ended_at: Mapped[datetime | None]
    # When it was checked for copies in doubt, after its end; null again once some are resent.
    doubts_reported_at: Mapped[datetime | None]

    message: Mapped[Message] = relationship(foreign_keys=message_id)


class Delivery(Lifecycle):
    """One recipient of a Dispatch.

    SENDING is committed, with the lane's claim, before the first byte is sent.  Of a dead lane's
    deliveries, those that may have been on the wire are reported as UNCERTAIN (at most once), and
    only a person can have them sent again.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("dispatch_id", "address"),
        # In the order in which deliveries are claimed, so that a claim does not sort.
        Index(None, "dispatch_id", "next_attempt_at", "id", postgresql_where="state = 'pending'"),
        # A sendout leaves dead entries behind until VACUUM: the claim skips those of other batches.
        Index(None, "claim", "id", postgresql_where="state = 'sending'"),
        Index(
            "delivery_in_doubt",
            "dispatch_id",
            "id",
            postgresql_where="state in ('failed', 'uncertain') and settled_at is null",
        ),
    )

    moves: ClassVar = {
        None: {DeliveryState.PENDING},
        DeliveryState.PENDING: {DeliveryState.SENDING},
        DeliveryState.SENDING: {
            DeliveryState.SENT,
            DeliveryState.FAILED,
            DeliveryState.UNCERTAIN,
            DeliveryState.PENDING,  # the relay refused it for now, or it was never offered
        },
        # A person resends the copy.
        DeliveryState.FAILED: {DeliveryState.PENDING},
        DeliveryState.UNCERTAIN: {DeliveryState.PENDING},
    }

    state: Mapped[DeliveryState] = mapped_column(text_enum(DeliveryState))
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatch.id"))
    address: Mapped[str]
    # Of a split message: which variant it gets (null: the message itself), and who is addressed.
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    # One lane's batch: only this claim may record what became of it.
    claim: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    # When a person said that nothing more is to be done about a copy in doubt.
    settled_at: Mapped[datetime | None]


# A sendout that may be resumed or ended.
RESUMABLE = (Dispatch.state == DispatchState.STOPPED) & Dispatch.ended_at.is_(None)
