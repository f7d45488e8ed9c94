"""Accounts: passwords, second factors, mailed links; each reader's time zone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

LETTERS = [
    "SysMsgMessageModerate",
    "SysMsgMessageReminder",
    "SysMsgMessageDecided",
    "SysMsgMessageWithdrawn",
    "SysMsgMessageExpired",
    "SysMsgMessageApproved",
    "SysMsgMessageRejected",
    "SysMsgMessageReturned",
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
    op.create_table(
        "credentials",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("session_stamp", sa.Text(), nullable=False),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_counter", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("credentials_user_id_fkey")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("credentials_pkey")),
        sa.UniqueConstraint("session_stamp", name=op.f("credentials_session_stamp_key")),
    )
    op.create_table(
        "mailed_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "log_in",
                "reset",
                "invitation",
                "address",
                name="linkpurpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("new_address", sa.Text(), nullable=True),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("mailed_link_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("mailed_link_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("mailed_link_token_hash_key")),
    )
    op.create_index(op.f("mailed_link_user_id_idx"), "mailed_link", ["user_id"], unique=False)
    op.add_column("notification", sa.Column("link_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("notification_link_id_fkey"), "notification", "mailed_link", ["link_id"], ["id"]
    )
    op.create_index(op.f("notification_link_id_idx"), "notification", ["link_id"], unique=False)
    op.add_column(
        "user", sa.Column("time_zone", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    op.drop_constraint(op.f("notification_lettername_check"), "notification")
    op.create_check_constraint(
        op.f("notification_lettername_check"), "notification", sa.column("letter").in_(LETTERS)
    )
