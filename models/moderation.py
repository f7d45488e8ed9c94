"""The question whether a message may go out, and its one answer."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.audit import Door
from models.base import Base
from models.clock import now
from models.lifecycle import Lifecycle, word
from models.messages import Message
from models.people import User


class RequestState(StrEnum):
    """Whether a request still waits for an answer."""

    OPEN = "open"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Verdict(StrEnum):
    """What an approver answers."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Decision(Base):
    """The first answer, never changed: its primary key is the request it answers."""

    __tablename__ = "decision"

    request_id: Mapped[int] = mapped_column(ForeignKey("moderation_request.id"), primary_key=True)
    approver_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    verdict: Mapped[Verdict] = mapped_column(word(Verdict))
    via: Mapped[Door] = mapped_column(word(Door))
    comment: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(default=now)

    approver: Mapped[User] = relationship()


class ModerationRequest(Lifecycle):
    """One question about one Message, bound to a hash of what was asked about."""

    __tablename__ = "moderation_request"
    __table_args__ = (
        Index(
            "moderation_request_one_open_key",
            "message_id",
            unique=True,
            postgresql_where="state = 'open'",
        ),
        Index(None, "message_id"),
    )

    moves: ClassVar = {
        None: {RequestState.OPEN},
        RequestState.OPEN: {RequestState.DECIDED, RequestState.WITHDRAWN, RequestState.EXPIRED},
    }

    state: Mapped[RequestState] = mapped_column(word(RequestState))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    content_hash: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=now)

    message: Mapped[Message] = relationship()
    decision: Mapped[Decision | None] = relationship()
