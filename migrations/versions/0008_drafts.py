"""Drafts: which of them a form may edit, and how one is deleted; the proof for its author."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

STATES = [
    "draft",
    "in_moderation",
    "rejected",
    "scheduled",
    "sending",
    "sent",
    "stopped",
    "discarded",
]

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
]


def upgrade() -> None:
    op.add_column(
        "message",
        sa.Column("composed", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.drop_constraint(op.f("message_messagestate_check"), "message")
    op.create_check_constraint(
        op.f("message_messagestate_check"), "message", sa.column("state").in_(STATES)
    )
    op.execute("insert into legal_move values ('message', 'draft', 'discarded')")
    op.drop_constraint(op.f("notification_lettername_check"), "notification")
    op.create_check_constraint(
        op.f("notification_lettername_check"), "notification", sa.column("letter").in_(LETTERS)
    )
