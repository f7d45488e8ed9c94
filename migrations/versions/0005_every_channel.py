"""Every channel: languages, phones, invitations, what people write back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


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
]
CHANNELS = ["email", "sms"]
INBOUND_MAIL_MOVES = [
    (None, "received"),
    ("received", "handled"),
    ("received", "stuck"),
    ("stuck", "received"),
]


def upgrade() -> None:
    op.create_table(
        "inbound_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "handled",
                "stuck",
                name="inboundmailstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("envelope_sender", sa.Text(), nullable=False),
        sa.Column("envelope_recipient", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ring_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("rings", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("inbound_mail_pkey")),
    )
    op.create_index(
        op.f("inbound_mail_ring_at_idx"),
        "inbound_mail",
        ["ring_at"],
        unique=False,
        postgresql_where="state = 'received'",
    )
    op.create_index(
        "inbound_mail_stuck_idx",
        "inbound_mail",
        ["id"],
        unique=False,
        postgresql_where="state = 'stuck'",
    )
    op.create_table(
        "inbound_sms",
        sa.Column("message_sid", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("inbound_sms_user_id_fkey")),
        sa.PrimaryKeyConstraint("message_sid", name=op.f("inbound_sms_pkey")),
    )
    op.create_index(
        op.f("inbound_sms_received_at_idx"), "inbound_sms", ["received_at"], unique=False
    )
    op.create_index(op.f("inbound_sms_user_id_idx"), "inbound_sms", ["user_id"], unique=False)
    op.create_table(
        "wrong_code",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("wrong_code_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("wrong_code_pkey")),
    )
    op.create_index(
        op.f("wrong_code_user_id_at_idx"), "wrong_code", ["user_id", "at"], unique=False
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("reply_hash", sa.Text(), nullable=True),
        sa.Column("link_hash", sa.Text(), nullable=True),
        sa.Column("link_used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("viewed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"], ["moderation_request.id"], name=op.f("invitation_request_id_fkey")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("invitation_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("invitation_pkey")),
        sa.UniqueConstraint("link_hash", name=op.f("invitation_link_hash_key")),
        sa.UniqueConstraint("reply_hash", name=op.f("invitation_reply_hash_key")),
        sa.UniqueConstraint(
            "request_id", "user_id", name=op.f("invitation_request_id_user_id_key")
        ),
    )
    op.create_index(op.f("invitation_user_id_idx"), "invitation", ["user_id"], unique=False)
    op.add_column("mailing_list", sa.Column("escalation_list_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("mailing_list_escalation_list_id_fkey"),
        "mailing_list",
        "approver_list",
        ["escalation_list_id"],
        ["id"],
    )
    op.add_column(
        "moderation_request",
        sa.Column("reminded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
    )
    op.add_column(
        "moderation_request",
        sa.Column("escalated_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
    )
    op.create_index(
        op.f("moderation_request_asked_at_idx"),
        "moderation_request",
        ["asked_at"],
        unique=False,
        postgresql_where="state = 'open'",
    )
    op.add_column(
        "notification",
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}"
        ),
    )
    op.add_column("notification", sa.Column("provider_id", sa.Text(), nullable=True))
    op.add_column(
        "notification",
        sa.Column("uncertain_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
    )
    op.alter_column("notification", "message_id", existing_type=sa.BIGINT(), nullable=True)
    op.create_unique_constraint(
        op.f("notification_provider_id_key"), "notification", ["provider_id"]
    )
    op.add_column(
        "user",
        sa.Column(
            "language",
            sa.Enum(
                "en",
                "fr",
                "de",
                name="language",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            server_default="en",
        ),
    )
    op.add_column(
        "user",
        sa.Column(
            "preference",
            sa.Enum(
                "email",
                "sms",
                "both",
                name="preference",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            server_default="email",
        ),
    )
    op.add_column("user", sa.Column("phone", sa.Text(), nullable=True))
    op.add_column(
        "user", sa.Column("sms_stopped_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.create_unique_constraint(op.f("user_phone_key"), "user", ["phone"])
    op.create_check_constraint("e164", "user", r"phone ~ '^\+[1-9][0-9]{6,14}$'")
    for name, column, words in (
        ("notification_lettername_check", "letter", LETTERS),
        ("notification_channel_check", "channel", CHANNELS),
    ):
        op.drop_constraint(op.f(name), "notification")
        op.create_check_constraint(op.f(name), "notification", sa.column(column).in_(words))
    for origin, target in INBOUND_MAIL_MOVES:
        op.execute(
            sa.text("insert into legal_move values ('inbound_mail', :origin, :target)").bindparams(
                origin=origin, target=target
            )
        )
    op.execute("""
        create trigger inbound_mail_born before insert on inbound_mail
        for each row execute function refuse_illegal_move()
    """)
    op.execute("""
        create trigger inbound_mail_moved before update of state on inbound_mail
        for each row when (old.state is distinct from new.state)
        execute function refuse_illegal_move()
    """)
