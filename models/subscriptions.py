"""Who is on which list, and the journal of who joined and left."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.audit import Door
from models.base import Base, identity
from models.clock import now
from models.lifecycle import word


class Subscription(Base):
    """This User, that MailingList; it exists or it does not."""

    __tablename__ = "subscription"

    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(default=now)


class Change(StrEnum):
    """What happened to a subscription."""

    JOINED = "joined"
    LEFT = "left"


class SubscriptionChange(Base):
    """The journal: who joined or left which list, when, by whom, through which door."""

    __tablename__ = "subscription_change"

    id: Mapped[identity]
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    change: Mapped[Change] = mapped_column(word(Change))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    via: Mapped[Door] = mapped_column(word(Door))
    at: Mapped[datetime] = mapped_column(default=now)
