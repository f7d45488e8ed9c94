"""Subscriptions, and the journal of their changes."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.actors import Door
from models.base import Base, identity
from models.clock import now
from models.lifecycle import text_enum
from models.lists import MailingList
from models.outbox import OutboxEntry, enqueue


class Subscription(Base):
    """This User, that MailingList; it exists or it does not.

    While it is suspended, the person gets no copies and is left out of pushes.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        Index(
            "subscription_suspended_idx",
            "list_id",
            "user_id",
            postgresql_where="suspended_at is not null",
        ),
    )

    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(default=now)
    suspended_at: Mapped[datetime | None]
    # Bounces from before do not count: the subscription was resumed, or the address is another.
    bounces_count_from: Mapped[datetime | None]


class Change(StrEnum):
    """A change to a subscription or its list that the list server needs."""

    JOINED = "joined"
    LEFT = "left"
    READDRESSED = "readdressed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    LIST_READDRESSED = "list_readdressed"


class SubscriptionChange(Base):
    """The journal: who joined or left which list, when, by whom, through which door.

    `sync_id` is the Sync that pushed the change; a change without one asks for a push.
    """

    __tablename__ = "subscription_change"
    __table_args__ = (
        Index(None, "list_id", "at", postgresql_where="sync_id is null"),
        CheckConstraint("(user_id is null) = (change = 'list_readdressed')", name="whose"),
    )

    id: Mapped[identity]
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"), index=True)
    # Null if the list itself changed.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    change: Mapped[Change] = mapped_column(text_enum(Change))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    via: Mapped[Door] = mapped_column(text_enum(Door))
    # The name of the service that acted, as in the audit log.
    service: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(default=now)
    sync_id: Mapped[int | None] = mapped_column(ForeignKey("sync.id"))


def ask_for_push(session: Session, list_ids: Iterable[int], due_at: datetime | None = None) -> None:
    """Enqueue a look at these lists: at `due_at`, or after a quiet period (debounce).

    The task decides from the journal whether there is anything to push.
    """
    for list_id in list_ids:
        enqueue(session, OutboxEntry(MailingList, list_id, due_at, debounced=True))
