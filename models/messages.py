"""Messages from an author to a list, with their sendout settings."""

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.clock import now
from models.installation import new_mark
from models.lifecycle import Lifecycle, text_enum
from models.lists import MailingList
from models.people import User
from models.sendout import Ruled, SendoutRules, checks


class MessageState(StrEnum):
    """The progress of a message from draft to sent."""

    DRAFT = "draft"
    IN_MODERATION = "in_moderation"
    REJECTED = "rejected"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    STOPPED = "stopped"
    DISCARDED = "discarded"
    VARIANT = "variant"


class ShareUnit(StrEnum):
    """How the shares of a split message are counted."""

    PERCENT = "percent"
    COPIES = "copies"


# Of the variants of a message, of which there are at most as many.
VARIANT_LETTERS = "ABCDEFGHIJ"

# A message in one of these will go out, or may, without its author doing anything more.
ON_THEIR_WAY = (MessageState.IN_MODERATION, MessageState.SCHEDULED, MessageState.SENDING)


class Message(Ruled, Lifecycle):
    """A message as its author submitted it; `raw` is the RFC 5322 message, byte for byte."""

    __tablename__ = "message"
    __table_args__ = (
        Index(None, "list_id", "state"),
        Index(None, "rest_of_id", postgresql_where="rest_of_id is not null"),
        Index(None, "variant_of_id", postgresql_where="variant_of_id is not null"),
        CheckConstraint("variant_of_id is null or state = 'variant'", name="variant"),
        *checks(),
    )

    moves: ClassVar = {
        None: {MessageState.DRAFT},
        MessageState.DRAFT: {
            MessageState.IN_MODERATION,
            MessageState.SCHEDULED,
            MessageState.DISCARDED,
            MessageState.VARIANT,
        },
        MessageState.VARIANT: {MessageState.DRAFT},
        MessageState.IN_MODERATION: {
            MessageState.SCHEDULED,
            MessageState.REJECTED,
            MessageState.DRAFT,
        },
        MessageState.SCHEDULED: {MessageState.SENDING, MessageState.DRAFT},
        MessageState.SENDING: {MessageState.SENT, MessageState.STOPPED},
        MessageState.SENT: {MessageState.SENDING},  # a person sends some copies again
        MessageState.STOPPED: {MessageState.SENDING},  # a person resumes the sendout
    }

    state: Mapped[MessageState] = mapped_column(text_enum(MessageState))
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    subject: Mapped[str]
    size: Mapped[int]
    send_at: Mapped[datetime | None]
    # The IANA name of the zone in which `send_at` was chosen; null if an offset was given.
    send_zone: Mapped[str | None]
    written_at: Mapped[datetime] = mapped_column(default=now)
    # When the sendout began: the Date of its copies.
    dated_at: Mapped[datetime | None]
    # `raw` was composed from the portal's form; only such a message can be edited in the form.
    composed: Mapped[bool] = mapped_column(default=False)
    # A random part of the Message-ID; null for a message from before this column.
    mark: Mapped[str | None] = mapped_column(default=new_mark)
    # The first of several messages, of which each goes to those who got none of the earlier ones.
    rest_of_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    # It goes also to those whose copy of an earlier one is uncertain.
    rest_uncertain: Mapped[bool] = mapped_column(default=False)
    # {{ name }} and the like are filled in for each recipient.
    personal_fields: Mapped[bool] = mapped_column(default=False)
    # A variant of another message: its state is VARIANT, and it goes out with that one.
    variant_of_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    # Of a variant, and of a split message for itself: for how many recipients it is drawn.
    share: Mapped[int | None]
    # Of a split message: the unit of the shares, when the rest gets the winner, and which variant
    # wins; without one, a person chooses (`Dispatch.winner_id`).
    share_unit: Mapped[ShareUnit | None] = mapped_column(text_enum(ShareUnit))
    rest_at: Mapped[datetime | None]
    winner_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    # Deferred: megabytes that a list of messages does not need.
    raw: Mapped[bytes] = mapped_column(deferred=True)

    author: Mapped[User] = relationship()
    mailing_list: Mapped[MailingList] = relationship()
    rest_of: Mapped["Message | None"] = relationship(
        foreign_keys=rest_of_id, remote_side="Message.id"
    )
    variants: Mapped[list["Message"]] = relationship(
        foreign_keys=variant_of_id, order_by="Message.id", viewonly=True
    )
    variant_of: Mapped["Message | None"] = relationship(
        foreign_keys=variant_of_id, remote_side="Message.id"
    )

    @property
    def is_split(self) -> bool:
        """Whether it goes out in variants."""
        return self.share_unit is not None

    @property
    def versions(self) -> list["Message"]:
        """The message and its variants, in the order of their letters: A, B, and so on."""
        return [self, *self.variants] if self.is_split else [self]

    def letter_of(self, number: int) -> str:
        """Return the letter of the version with this number."""
        return VARIANT_LETTERS[[one.id for one in self.versions].index(number)]

    def version(self, number: int | None) -> "Message":
        """Return the variant with this number; the message itself for None."""
        return next(one for one in self.versions if one.id == (number or self.id))

    @property
    def place(self) -> dict[str, int]:
        """The ids of an audit entry about this message."""
        return {"message_id": self.id, "list_id": self.list_id}

    def schedule(self, send_at: datetime | None) -> None:
        """Set the send time, and remember the zone in which it was chosen."""
        zone = send_at.tzinfo if send_at else None
        self.send_at = send_at
        self.send_zone = zone.key if isinstance(zone, ZoneInfo) else None

    @property
    def rules_in_force(self) -> SendoutRules:
        """The list's current rules, narrowed by the message's own."""
        return self.mailing_list.sendout_rules & self.sendout_rules

    def content_hash(self) -> str:
        """What an approval is bound to: a SHA-256 of `raw`, to whom and how, in hexadecimal.

        That of a split message covers its variants and the whole plan.
        """
        asked = str(self.list_id)
        if self.rest_of_id is not None:
            asked += f" rest of {self.rest_of_id}"
            asked += " and uncertain" if self.rest_uncertain else ""
        asked += " personal fields" if self.personal_fields else ""
        content = sha256(f"{asked}\n".encode() + self.raw).hexdigest()
        if not self.is_split:
            return content
        rest_at = self.rest_at and self.rest_at.astimezone(UTC).isoformat()
        plan = [f"split {self.share} {self.share_unit} {rest_at} {self.winner_id} {content}"]
        plan += [f"{one.id} {one.share} {one.content_hash()}" for one in self.variants]
        return sha256("\n".join(plan).encode()).hexdigest()
