"""Letters on their way to one User each."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.contacts import Channel
from models.credentials import MailedLink
from models.lifecycle import word
from models.messages import Message
from models.moderation import ModerationRequest
from models.people import User
from models.work_items import WorkItem


class NotificationState(StrEnum):
    """How far a letter has come."""

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    MOOT = "moot"


class LetterName(StrEnum):
    """The letters, named as the source system names them; each has a folder of templates."""

    MODERATE = "SysMsgMessageModerate"
    REMINDER = "SysMsgMessageReminder"
    DECIDED = "SysMsgMessageDecided"
    WITHDRAWN = "SysMsgMessageWithdrawn"
    EXPIRED = "SysMsgMessageExpired"
    APPROVED = "SysMsgMessageApproved"
    REJECTED = "SysMsgMessageRejected"
    RETURNED = "SysMsgMessageReturned"
    STOPPED = "SysMsgMessageStopped"
    PROOF = "SysMsgMessageProof"
    NOT_UNDERSTOOD = "SysMsgReplyNotUnderstood"
    TOO_LATE = "SysMsgReplyTooLate"
    PHONE_LOCKED = "SysMsgPhoneLocked"
    SYNC_HELD = "SysMsgSyncHeld"
    SYNC_FAILING = "SysMsgSyncFailing"
    SYNC_RECOVERED = "SysMsgSyncRecovered"
    LOG_IN = "SysMsgAccountLogIn"
    RESET = "SysMsgAccountReset"
    INVITATION = "SysMsgAccountInvitation"
    CONFIRM_ADDRESS = "SysMsgAccountConfirmAddress"
    PASSWORD_CHANGED = "SysMsgAccountPasswordChanged"  # noqa: S105 (a letter's name)
    ADDRESS_CHANGED = "SysMsgAccountAddressChanged"


class Notification(WorkItem):
    """One letter to one User over one channel."""

    __tablename__ = "notification"
    __table_args__ = (Index(None, "ring_at", postgresql_where="state = 'pending'"),)

    moves: ClassVar = {
        None: {NotificationState.PENDING},
        NotificationState.PENDING: {
            NotificationState.SENT,
            NotificationState.FAILED,
            NotificationState.MOOT,
        },
        NotificationState.SENT: {NotificationState.DELIVERED, NotificationState.FAILED},
    }

    state: Mapped[NotificationState] = mapped_column(word(NotificationState))
    # No CHECK, because every new letter would need a migration.
    letter: Mapped[LetterName] = mapped_column(word(LetterName, checked=False))
    channel: Mapped[Channel] = mapped_column(word(Channel), default=Channel.EMAIL)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("moderation_request.id"), index=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("mailed_link.id"), index=True)
    # Where it goes by mail if not to the user's address of today: one that was theirs until now.
    former_address: Mapped[str | None]
    # What the letter says besides; a failed SMS becomes an e-mail that says the same.
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    # The channel's own name for it (Twilio's MessageSid), by which reports about it come.
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    # Since when it may have been taken although no answer came: it is looked up before a repeat.
    uncertain_since: Mapped[datetime | None]

    user: Mapped[User] = relationship()
    message: Mapped[Message | None] = relationship()
    request: Mapped[ModerationRequest | None] = relationship()
    link: Mapped[MailedLink | None] = relationship()

    @property
    def address(self) -> str:
        """Where it goes by mail: to the user, or to an address to be confirmed or just left."""
        return (self.link and self.link.new_address) or self.former_address or self.user.address
