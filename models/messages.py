"""Messages: what an author wants a list to read, and its sendout."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.clock import now
from models.lifecycle import Lifecycle, word
from models.lists import MailingList
from models.people import User
from models.sendout import Ruled, SendoutRules, checks


class MessageState(StrEnum):
    """Where a message stands between its author and its readers."""

    DRAFT = "draft"
    IN_MODERATION = "in_moderation"
    REJECTED = "rejected"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    STOPPED = "stopped"
    DISCARDED = "discarded"


# A message in one of these will go out, or may, without its author doing anything more.
ON_THEIR_WAY = (MessageState.IN_MODERATION, MessageState.SCHEDULED, MessageState.SENDING)


class Message(Ruled, Lifecycle):
    """A message as its author gave it: `raw` holds the very bytes (RFC 5322)."""

    __tablename__ = "message"
    __table_args__ = (Index(None, "list_id", "state"), *checks())

    moves: ClassVar = {
        None: {MessageState.DRAFT},
        MessageState.DRAFT: {
            MessageState.IN_MODERATION,
            MessageState.SCHEDULED,
            MessageState.DISCARDED,
        },
        MessageState.IN_MODERATION: {
            MessageState.SCHEDULED,
            MessageState.REJECTED,
            MessageState.DRAFT,
        },
        MessageState.SCHEDULED: {MessageState.SENDING, MessageState.DRAFT},
        MessageState.SENDING: {MessageState.SENT, MessageState.STOPPED},
    }

    state: Mapped[MessageState] = mapped_column(word(MessageState))
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    subject: Mapped[str]
    size: Mapped[int]
    send_at: Mapped[datetime | None]
    written_at: Mapped[datetime] = mapped_column(default=now)
    # We made the bytes of what was typed into a form; only then may a form be filled from them.
    composed: Mapped[bool] = mapped_column(default=False)
    # Megabytes that an outbox does not want to load.
    raw: Mapped[bytes] = mapped_column(deferred=True)

    author: Mapped[User] = relationship()
    mailing_list: Mapped[MailingList] = relationship()

    @property
    def place(self) -> dict[str, int]:
        """Where in the audit trail an act on this message belongs."""
        return {"message_id": self.id, "list_id": self.list_id}

    @property
    def rules_in_force(self) -> SendoutRules:
        """The list's rules as they are now, and the message's own within them."""
        return self.mailing_list.sendout_rules & self.sendout_rules

    def content_hash(self) -> str:
        """What an approval is bound to: these bytes, for this list (SHA-256, hexadecimal)."""
        return sha256(b"%d\n" % self.list_id + self.raw).hexdigest()
