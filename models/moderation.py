"""The question whether a message may go out, and its one answer."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actors import Door
from models.base import Base, identity
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
        Index(None, "asked_at", postgresql_where="state = 'open'"),
    )

    moves: ClassVar = {
        None: {RequestState.OPEN},
        RequestState.OPEN: {RequestState.DECIDED, RequestState.WITHDRAWN, RequestState.EXPIRED},
    }

    state: Mapped[RequestState] = mapped_column(word(RequestState))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    content_hash: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    reminded_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]

    message: Mapped[Message] = relationship()
    decision: Mapped[Decision | None] = relationship()
    invitations: Mapped[list["Invitation"]] = relationship(order_by="Invitation.id")

    def approvers(self) -> list[User]:
        """Who may answer this request now."""
        escalated = self.escalated_at is not None
        return self.message.mailing_list.approvers_for(self.message.author, escalated=escalated)


class Invitation(Base):
    """One approver's ways to answer one request: a reply address, a code, a link.

    Reply address and link hold a token each, of which only the hash is here; the six-digit code is
    not stored at all.  All three follow from the id and the operator's secret, so a letter that is
    sent again says the same.
    """

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("request_id", "user_id"),)

    id: Mapped[identity]
    request_id: Mapped[int] = mapped_column(ForeignKey("moderation_request.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    # SHA-256, hexadecimal; null until the letter with the token is written.
    reply_hash: Mapped[str | None] = mapped_column(unique=True)
    link_hash: Mapped[str | None] = mapped_column(unique=True)
    link_used_at: Mapped[datetime | None]
    # When the approver, known by more than a number or link, opened the message.
    viewed_at: Mapped[datetime | None]

    request: Mapped[ModerationRequest] = relationship(back_populates="invitations")
    user: Mapped[User] = relationship()
