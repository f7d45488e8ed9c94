"""The first house."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "approver_list",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("approver_list_pkey")),
        sa.UniqueConstraint("name", name=op.f("approver_list_name_key")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column(
            "door",
            sa.Enum(
                "portal",
                "link",
                "mail",
                "sms",
                "command_line",
                "service",
                "system",
                name="door",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("list_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_entry_pkey")),
    )
    op.create_index(
        op.f("audit_entry_actor_id_idx"),
        "audit_entry",
        ["actor_id"],
        unique=False,
        postgresql_where="actor_id is not null",
    )
    op.create_index(
        op.f("audit_entry_list_id_idx"),
        "audit_entry",
        ["list_id"],
        unique=False,
        postgresql_where="list_id is not null",
    )
    op.create_index(
        op.f("audit_entry_message_id_idx"),
        "audit_entry",
        ["message_id"],
        unique=False,
        postgresql_where="message_id is not null",
    )
    op.create_table(
        "idempotent_call",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("called_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("idempotent_call_pkey")),
    )
    op.create_index(
        op.f("idempotent_call_called_at_idx"), "idempotent_call", ["called_at"], unique=False
    )
    op.create_table(
        "legal_move",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.UniqueConstraint(
            "entity",
            "origin",
            "target",
            name=op.f("legal_move_entity_origin_target_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "role",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rights", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.CheckConstraint(
            "rights <@ '{402,404,601,605,618,2000,2001,2309,2310,2311,2312}'",
            name=op.f("role_known_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("role_pkey")),
        sa.UniqueConstraint("name", name=op.f("role_name_key")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("disabled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("user_pkey")),
        sa.UniqueConstraint("address_key", name=op.f("user_address_key_key")),
    )
    op.create_table(
        "approver",
        sa.Column("approver_list_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approver_list_id"], ["approver_list.id"], name=op.f("approver_approver_list_id_fkey")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("approver_user_id_fkey")),
        sa.PrimaryKeyConstraint("approver_list_id", "user_id", name=op.f("approver_pkey")),
    )
    op.create_table(
        "mailing_list",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "discussion",
                "announcement",
                name="listkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "delivery",
            sa.Enum(
                "members",
                "list_address",
                name="listdelivery",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("approver_list_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "short_name ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$' "
            "and position('..' in short_name) = 0",
            name=op.f("mailing_list_short_name_check"),
        ),
        sa.ForeignKeyConstraint(
            ["approver_list_id"],
            ["approver_list.id"],
            name=op.f("mailing_list_approver_list_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("mailing_list_pkey")),
        sa.UniqueConstraint("address_key", name=op.f("mailing_list_address_key_key")),
        sa.UniqueConstraint("short_name", name=op.f("mailing_list_short_name_key")),
    )
    op.create_table(
        "user_role",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["role.id"], name=op.f("user_role_role_id_fkey")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("user_role_user_id_fkey")),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("user_role_pkey")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "in_moderation",
                "rejected",
                "scheduled",
                "sending",
                "sent",
                "stopped",
                name="messagestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("send_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("written_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("message_author_id_fkey")),
        sa.ForeignKeyConstraint(
            ["list_id"], ["mailing_list.id"], name=op.f("message_list_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("message_pkey")),
    )
    op.create_index(op.f("message_author_id_idx"), "message", ["author_id"], unique=False)
    op.create_index(
        op.f("message_list_id_state_idx"), "message", ["list_id", "state"], unique=False
    )
    op.create_table(
        "subscription",
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["mailing_list.id"], name=op.f("subscription_list_id_fkey")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("subscription_user_id_fkey")),
        sa.PrimaryKeyConstraint("list_id", "user_id", name=op.f("subscription_pkey")),
    )
    op.create_index(op.f("subscription_user_id_idx"), "subscription", ["user_id"], unique=False)
    op.create_table(
        "subscription_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "change",
            sa.Enum(
                "joined",
                "left",
                name="change",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "via",
            sa.Enum(
                "portal",
                "link",
                "mail",
                "sms",
                "command_line",
                "service",
                "system",
                name="door",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user.id"], name=op.f("subscription_change_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["mailing_list.id"], name=op.f("subscription_change_list_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("subscription_change_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("subscription_change_pkey")),
    )
    op.create_index(
        op.f("subscription_change_list_id_idx"), "subscription_change", ["list_id"], unique=False
    )
    op.create_index(
        op.f("subscription_change_user_id_idx"), "subscription_change", ["user_id"], unique=False
    )
    op.create_table(
        "moderation_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "decided",
                "withdrawn",
                "expired",
                name="requeststate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("asked_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("moderation_request_message_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("moderation_request_pkey")),
    )
    op.create_index(
        op.f("moderation_request_message_id_idx"),
        "moderation_request",
        ["message_id"],
        unique=False,
    )
    op.create_index(
        "moderation_request_one_open_key",
        "moderation_request",
        ["message_id"],
        unique=True,
        postgresql_where="state = 'open'",
    )
    op.create_table(
        "decision",
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("approver_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "approved",
                "rejected",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "via",
            sa.Enum(
                "portal",
                "link",
                "mail",
                "sms",
                "command_line",
                "service",
                "system",
                name="door",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["approver_id"], ["user.id"], name=op.f("decision_approver_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["moderation_request.id"], name=op.f("decision_request_id_fkey")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("decision_pkey")),
    )
    op.create_index(op.f("decision_approver_id_idx"), "decision", ["approver_id"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "sent",
                "delivered",
                "failed",
                "moot",
                name="notificationstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "letter",
            sa.Enum(
                "SysMsgMessageModerate",
                "SysMsgMessageRejected",
                "SysMsgMessageReturned",
                name="lettername",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum("email", name="channel", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ring_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("rings", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("notification_message_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["moderation_request.id"], name=op.f("notification_request_id_fkey")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("notification_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("notification_pkey")),
    )
    op.create_index(
        op.f("notification_message_id_idx"), "notification", ["message_id"], unique=False
    )
    op.create_index(
        op.f("notification_request_id_idx"), "notification", ["request_id"], unique=False
    )
    op.create_index(
        op.f("notification_ring_at_idx"),
        "notification",
        ["ring_at"],
        unique=False,
        postgresql_where="state = 'pending'",
    )
    op.create_index(op.f("notification_user_id_idx"), "notification", ["user_id"], unique=False)
    op.create_table(
        "dispatch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "stopped",
                "recalled",
                name="dispatchstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
        sa.Column("released_by_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ring_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("rings", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(request_id, released_by_id) = 1", name=op.f("dispatch_authorised_check")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("dispatch_message_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["user.id"], name=op.f("dispatch_released_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["decision.request_id"], name=op.f("dispatch_request_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("dispatch_pkey")),
        sa.UniqueConstraint("request_id", name=op.f("dispatch_request_id_key")),
    )
    op.create_index(op.f("dispatch_message_id_idx"), "dispatch", ["message_id"], unique=False)
    op.create_index(
        "dispatch_one_unfinished_key",
        "dispatch",
        ["message_id"],
        unique=True,
        postgresql_where="state in ('waiting', 'sending')",
    )
    op.create_index(
        op.f("dispatch_ring_at_idx"),
        "dispatch",
        ["ring_at"],
        unique=False,
        postgresql_where="state in ('waiting', 'sending')",
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "sending",
                "sent",
                "failed",
                "uncertain",
                name="deliverystate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("dispatch_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("claimed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dispatch_id"], ["dispatch.id"], name=op.f("delivery_dispatch_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("delivery_pkey")),
        sa.UniqueConstraint(
            "dispatch_id", "address", name=op.f("delivery_dispatch_id_address_key")
        ),
    )
    op.create_index(
        op.f("delivery_claimed_at_idx"),
        "delivery",
        ["claimed_at"],
        unique=False,
        postgresql_where="state = 'sending'",
    )
    op.create_index(
        op.f("delivery_dispatch_id_next_attempt_at_id_idx"),
        "delivery",
        ["dispatch_id", "next_attempt_at", "id"],
        unique=False,
        postgresql_where="state = 'pending'",
    )
