"""A letter to the author of a message whose sendout was stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

LETTERS = [
    "SysMsgMessageModerate",
    "SysMsgMessageReminder",
    "SysMsgMessageDecided",
    "SysMsgMessageWithdrawn",
    "SysMsgMessageExpired",
    "SysMsgMessageApproved",
    "SysMsgMessageRejected",
    "SysMsgMessageReturned",
    "SysMsgMessageStopped",
    "SysMsgMessageProof",
    "SysMsgReplyNotUnderstood",
    "SysMsgReplyTooLate",
    "SysMsgPhoneLocked",
    "SysMsgSyncHeld",
    "SysMsgSyncFailing",
    "SysMsgSyncRecovered",
    "SysMsgAccountLogIn",
    "SysMsgAccountReset",
    "SysMsgAccountInvitation",
    "SysMsgAccountConfirmAddress",
    "SysMsgAccountPasswordChanged",
    "SysMsgAccountAddressChanged",
]


def upgrade() -> None:
    op.drop_constraint(op.f("notification_lettername_check"), "notification")
    op.create_check_constraint(
        op.f("notification_lettername_check"), "notification", sa.column("letter").in_(LETTERS)
    )
