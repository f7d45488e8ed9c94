"""Letters about a changed password or address; the address that one of them left."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

LETTERS = [
    "SysMsgMessageModerate",
    "SysMsgMessageReminder",
    "SysMsgMessageDecided",
    "SysMsgMessageWithdrawn",
    "SysMsgMessageExpired",
    "SysMsgMessageApproved",
    "SysMsgMessageRejected",
    "SysMsgMessageReturned",
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
    op.add_column("notification", sa.Column("former_address", sa.Text(), nullable=True))
    op.drop_constraint(op.f("notification_lettername_check"), "notification")
    op.create_check_constraint(
        op.f("notification_lettername_check"), "notification", sa.column("letter").in_(LETTERS)
    )
