"""Requests to join a list whose owners decide who joins."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.actors import Door
from models.base import identity
from models.clock import now
from models.lifecycle import Lifecycle, text_enum
from models.lists import MailingList
from models.people import User


class SubscriptionRequestState(StrEnum):
    """Whether a request is open, and if not, how it was closed."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class SubscriptionRequest(Lifecycle):
    """One person's request to join one list; the first answer to it is never changed."""

    __tablename__ = "subscription_request"
    __table_args__ = (
        Index(
            "subscription_request_one_open_key",
            "list_id",
            "user_id",
            unique=True,
            postgresql_where="state = 'open'",
        ),
        Index(None, "asked_at", postgresql_where="state = 'open'"),
        Index(None, "user_id", "list_id"),
        CheckConstraint(
            "(decided_at is null) = (via is null) "
            "and (decided_at is null or state in ('accepted', 'declined'))",
            name="decided",
        ),
    )

    moves: ClassVar = {
        None: {SubscriptionRequestState.OPEN},
        SubscriptionRequestState.OPEN: {
            SubscriptionRequestState.ACCEPTED,
            SubscriptionRequestState.DECLINED,
            SubscriptionRequestState.WITHDRAWN,
            SubscriptionRequestState.EXPIRED,
        },
    }

    id: Mapped[identity]
    state: Mapped[SubscriptionRequestState] = mapped_column(text_enum(SubscriptionRequestState))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    # Null if the operator decided.
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    via: Mapped[Door | None] = mapped_column(text_enum(Door))
    comment: Mapped[str] = mapped_column(default="")

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    mailing_list: Mapped[MailingList] = relationship()
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
