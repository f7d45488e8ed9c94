"""Notifications: letters to one User each."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.contacts import Channel
from models.credentials import MailedLink
from models.installation import new_mark
from models.lifecycle import text_enum
from models.messages import Message
from models.moderation import ModerationRequest
from models.outbox import WorkItem
from models.people import User


class NotificationState(StrEnum):
    """The progress of a letter."""

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    MOOT = "moot"


class LetterName(StrEnum):
    """The kinds of letters, named as in the source system; each has a folder of templates."""

    MODERATE = "SysMsgMessageModerate"
    REMINDER = "SysMsgMessageReminder"
    DIGEST = "SysMsgMessageDigest"
    DECIDED = "SysMsgMessageDecided"
    WITHDRAWN = "SysMsgMessageWithdrawn"
    EXPIRED = "SysMsgMessageExpired"
    APPROVED = "SysMsgMessageApproved"
    REJECTED = "SysMsgMessageRejected"
    SENT_BACK = "SysMsgMessageSentBack"
    RETURNED = "SysMsgMessageReturned"
    STOPPED = "SysMsgMessageStopped"
    DOUBTS = "SysMsgMessageDoubts"
    WINNER = "SysMsgMessageWinner"
    PROOF = "SysMsgMessageProof"
    NOT_UNDERSTOOD = "SysMsgReplyNotUnderstood"
    TOO_LATE = "SysMsgReplyTooLate"
    REPEATED = "SysMsgReplyRepeated"
    OTHER_SENDER = "SysMsgReplyFromOtherSender"
    PHONE_LOCKED = "SysMsgPhoneLocked"
    SUSPENDED = "SysMsgSubscriptionSuspended"
    SUBSCRIPTION_REQUEST = "SysMsgSubscriptionRequest"
    SUBSCRIPTION_ANSWER = "SysMsgSubscriptionAnswer"
    SYNC_HELD = "SysMsgSyncHeld"
    SYNC_FAILING = "SysMsgSyncFailing"
    SYNC_RECOVERED = "SysMsgSyncRecovered"
    LOG_IN = "SysMsgAccountLogIn"
    RESET = "SysMsgAccountReset"
    INVITATION = "SysMsgAccountInvitation"
    CONFIRM_ADDRESS = "SysMsgAccountConfirmAddress"
    PASSWORD_CHANGED = "SysMsgAccountPasswordChanged"  # noqa: S105 (a letter's name)
    ADDRESS_CHANGED = "SysMsgAccountAddressChanged"
    RECOVERY_CODE_USED = "SysMsgAccountRecoveryCodeUsed"


class Notification(WorkItem):
    """One letter to one User over one channel."""

    __tablename__ = "notification"
    __table_args__ = (
        Index(None, "ring_at", postgresql_where="state = 'pending'"),
        Index(
            "notification_former_address_idx",
            "user_id",
            postgresql_where="former_address is not null",
        ),
        Index(
            "notification_asking_idx",
            "user_id",
            "sent_at",
            postgresql_where="letter in ('SysMsgMessageModerate', 'SysMsgMessageReminder',"
            " 'SysMsgMessageDigest')",
        ),
        Index(None, "digest_id", postgresql_where="digest_id is not null"),
    )

    moves: ClassVar = {
        None: {NotificationState.PENDING},
        NotificationState.PENDING: {
            NotificationState.SENT,
            NotificationState.FAILED,
            NotificationState.MOOT,
        },
        NotificationState.SENT: {NotificationState.DELIVERED, NotificationState.FAILED},
    }

    state: Mapped[NotificationState] = mapped_column(text_enum(NotificationState))
    # No CHECK, because every new letter would need a migration.
    letter: Mapped[LetterName] = mapped_column(text_enum(LetterName, checked=False))
    channel: Mapped[Channel] = mapped_column(text_enum(Channel), default=Channel.EMAIL)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("moderation_request.id"), index=True)
    # The digest that names the request in place of this letter.
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("notification.id"))
    link_id: Mapped[int | None] = mapped_column(ForeignKey("mailed_link.id"), index=True)
    # Overrides the recipient: the previous address, for "your address was changed" letters.
    former_address: Mapped[str | None]
    # More facts for the templates; the e-mail that replaces a failed SMS has the same.
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    # A random part of the Message-ID; null for a letter from before this column.
    mark: Mapped[str | None] = mapped_column(default=new_mark)
    # The provider's id of it (Twilio's MessageSid), which delivery reports name.
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    # Since when it is unknown whether the provider accepted it; looked up before a retry.
    uncertain_since: Mapped[datetime | None]

    user: Mapped[User] = relationship()
    message: Mapped[Message | None] = relationship()
    request: Mapped[ModerationRequest | None] = relationship()
    link: Mapped[MailedLink | None] = relationship()

    @property
    def address(self) -> str:
        """The address for e-mail: the one to be confirmed, the previous one, or the user's."""
        return (self.link and self.link.new_address) or self.former_address or self.user.address
