"""Moderation: the request to approve a message, its approvers' keys and its decision."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    UniqueConstraint,
    and_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Mapped, aliased, mapped_column, relationship

from models.absences import Absence
from models.actors import Door
from models.answerers import Answerers, answerers, is_of_list
from models.base import Base, identity
from models.clock import now
from models.lifecycle import Lifecycle, text_enum
from models.lists import MailingList, approver
from models.messages import Message
from models.people import User


class RequestState(StrEnum):
    """Whether a request is open, and if not, how it was closed."""

    OPEN = "open"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Verdict(StrEnum):
    """What an approver answers."""

    APPROVED = "approved"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"  # to its author for changes: a draft again


class Decision(Base):
    """The first answer to a request, never changed; the primary key allows only one."""

    __tablename__ = "decision"

    request_id: Mapped[int] = mapped_column(ForeignKey("moderation_request.id"), primary_key=True)
    approver_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    # The approver for whom a deputy answered.
    for_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    verdict: Mapped[Verdict] = mapped_column(text_enum(Verdict))
    via: Mapped[Door] = mapped_column(text_enum(Door))
    comment: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(default=now)

    approver: Mapped[User] = relationship(foreign_keys=[approver_id])
    for_whom: Mapped[User | None] = relationship(foreign_keys=[for_id])

    @property
    def detail(self) -> dict[str, Any]:
        """The `detail` of its audit entry."""
        absent = {"absent": self.for_whom.name} if self.for_whom else {}
        return {"comment": self.comment, **absent}


class ModerationRequest(Lifecycle):
    """One request to approve one Message, bound to a hash of its content."""

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

    state: Mapped[RequestState] = mapped_column(text_enum(RequestState))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    content_hash: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(default=now)
    reminded_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    # The request about the same message that was sent back, and what its author changed since.
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("moderation_request.id"))
    changes: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))

    message: Mapped[Message] = relationship()
    decision: Mapped[Decision | None] = relationship()
    follows: Mapped["ModerationRequest | None"] = relationship(
        foreign_keys=follows_id, remote_side="ModerationRequest.id"
    )
    approver_keys: Mapped[list["ApproverKeys"]] = relationship(order_by="ApproverKeys.id")

    def answerers(self) -> Answerers:
        """Who may answer this request now, if it is open."""
        escalated = self.escalated_at is not None
        return answerers(self.message.mailing_list, self.message.author, escalated=escalated)

    def own_approvers(self) -> list[User]:
        """The users who may answer this request now in their own right, if it is open."""
        escalated = self.escalated_at is not None
        return self.message.mailing_list.approvers_for(self.message.author, escalated=escalated)

    def approvers(self) -> list[User]:
        """The users who may answer this request now, if it is open; deputies come last."""
        return self.answerers().everyone

    @classmethod
    def asks(cls, approver_list_ids: Select[int] | Sequence[int]) -> ColumnElement[bool]:
        """SQL: the request asks one of these approver lists.

        The query joins Message and MailingList.
        """
        return or_(
            MailingList.approver_list_id.in_(approver_list_ids),
            and_(
                cls.escalated_at.is_not(None), MailingList.escalation_list_id.in_(approver_list_ids)
            ),
        )

    @classmethod
    def answerable_by(cls, user_id: int) -> ColumnElement[bool]:
        """SQL: `approvers()` contains the user.

        The query joins Message and MailingList.
        """
        theirs = (
            select(approver.c.approver_list_id)
            .join(User, User.id == approver.c.user_id)
            .where(User.disabled_at.is_(None))
        )
        deputy = aliased(User)
        in_place = (
            theirs.join(Absence, Absence.user_id == User.id)
            .join(deputy, deputy.id == Absence.deputy_id)
            .where(deputy.id == user_id, deputy.disabled_at.is_(None), Absence.is_current())
            .where(cls.may_answer_about(Absence.user_id))
            .correlate(MailingList, Message)
        )
        return and_(
            or_(
                cls.asks(theirs.where(User.id == user_id)),
                and_(is_of_list(user_id), cls.asks(in_place)),
            ),
            cls.may_answer_about(user_id),
        )

    @staticmethod
    def may_answer_about(user_id: InstrumentedAttribute[int] | int) -> ColumnElement[bool]:
        """SQL: the list's rules do not exclude the user, who is then not the author."""
        return or_(
            and_(MailingList.four_eyes.is_(False), MailingList.second_person.is_(False)),
            Message.author_id != user_id,
        )


class SentBackContent(Base):
    """What was asked about in a request that was sent back, to compare the next one with.

    The author changes `Message.raw` itself; this is what approvers read of it before.
    """

    __tablename__ = "sent_back_content"

    request_id: Mapped[int] = mapped_column(ForeignKey("moderation_request.id"), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class ApproverKeys(Base):
    """One approver's ways to answer one request: a reply address, a code, a link.

    All three are derived from the id and SECRET_KEY, so that a repeated letter has the same ones.
    The tokens of the reply address and the link are stored as hashes, the six-digit code not at
    all.
    """

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("request_id", "user_id"),)

    id: Mapped[identity]
    request_id: Mapped[int] = mapped_column(ForeignKey("moderation_request.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    # SHA-256, hexadecimal; null until the letter with the token is rendered.
    reply_hash: Mapped[str | None] = mapped_column(unique=True)
    link_hash: Mapped[str | None] = mapped_column(unique=True)
    link_used_at: Mapped[datetime | None]
    # When the approver, logged in, opened the message (SMS_DECISION=after_view).
    viewed_at: Mapped[datetime | None]

    request: Mapped[ModerationRequest] = relationship(back_populates="approver_keys")
    user: Mapped[User] = relationship()
