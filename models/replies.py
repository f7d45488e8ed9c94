"""Inbound replies by mail and SMS, stored before they are interpreted."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, identity
from models.clock import now
from models.lifecycle import text_enum
from models.notifications import LetterName
from models.outbox import WorkItem


class InboundMailState(StrEnum):
    """The progress of an inbound mail."""

    RECEIVED = "received"
    HANDLED = "handled"
    STUCK = "stuck"


class InboundMail(WorkItem):
    """A mail to one of our reply addresses, byte for byte; `outcome` says what it led to."""

    __tablename__ = "inbound_mail"
    __table_args__ = (
        Index(None, "ring_at", postgresql_where="state = 'received'"),
        Index("inbound_mail_stuck_idx", "id", postgresql_where="state = 'stuck'"),
        Index(None, "fingerprint", postgresql_where="fingerprint is not null"),
    )

    moves: ClassVar = {
        None: {InboundMailState.RECEIVED},
        InboundMailState.RECEIVED: {InboundMailState.HANDLED, InboundMailState.STUCK},
        InboundMailState.STUCK: {InboundMailState.RECEIVED},
    }

    state: Mapped[InboundMailState] = mapped_column(text_enum(InboundMailState))
    envelope_sender: Mapped[str]
    envelope_recipient: Mapped[str]
    raw: Mapped[bytes] = mapped_column(deferred=True)
    received_at: Mapped[datetime] = mapped_column(default=now)
    outcome: Mapped[str | None]
    # The same for a mail that a server delivers twice; null in rows from before this column.
    fingerprint: Mapped[str | None]


class ReplyLetter(Base):
    """How often one kind of letter answered the mail to one reply address."""

    __tablename__ = "reply_letter"

    keys_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    letter: Mapped[LetterName] = mapped_column(
        text_enum(LetterName, checked=False), primary_key=True
    )
    sent: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    # The mails that got no letter, because the limit was reached.
    withheld: Mapped[int] = mapped_column(default=0)


class InboundSms(Base):
    """An inbound SMS; its MessageSid is inserted first, so that a replay has no effect."""

    __tablename__ = "inbound_sms"

    message_sid: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(default=now, index=True)
    answer: Mapped[str] = mapped_column(default="")
    # The kind of the answer; null in rows from before this column.
    said: Mapped[str | None]


class WrongCode(Base):
    """An SMS from a user with a code that matches none of their open requests."""

    __tablename__ = "wrong_code"
    __table_args__ = (Index(None, "user_id", "at"),)

    id: Mapped[identity]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(default=now)
