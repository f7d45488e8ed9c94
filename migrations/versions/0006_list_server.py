"""The list server: pushes, what they held, and who may join by themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

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
]
CHANGES = ["joined", "left", "readdressed", "disabled", "enabled"]
FAILURES = [
    "not_started",
    "not_executable",
    "not_found",
    "exit_status",
    "signal",
    "took_too_long",
    "said_too_much",
    "read_too_little",
    "started_too_late",
    "worker_died",
]
SYNC_MOVES = [
    (None, "pending"),
    ("pending", "running"),
    ("running", "done"),
    ("running", "pending"),
    ("running", "held"),
    ("held", "pending"),
]


def upgrade() -> None:
    instant = postgresql.TIMESTAMP(timezone=True)
    op.create_table(
        "sync",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "running",
                "held",
                "done",
                name="syncstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("ring_at", instant, nullable=False),
        sa.Column("rings", sa.BigInteger(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", instant, nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("started_at", instant, nullable=True),
        sa.Column("ended_at", instant, nullable=True),
        sa.Column("exit_status", sa.BigInteger(), nullable=True),
        sa.Column("addresses", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("removals", sa.BigInteger(), nullable=True),
        sa.Column("confirmed", sa.BigInteger(), nullable=False),
        sa.Column(
            "failure",
            sa.Enum(
                *FAILURES,
                name="failure",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("stderr", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["mailing_list.id"], name=op.f("sync_list_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("sync_pkey")),
    )
    op.create_index(
        op.f("sync_ring_at_idx"), "sync", ["ring_at"], postgresql_where="state = 'pending'"
    )
    op.create_index(
        "sync_unfinished_key",
        "sync",
        ["list_id"],
        unique=True,
        postgresql_where="state <> 'done'",
    )
    op.create_index(op.f("sync_list_id_id_idx"), "sync", ["list_id", "id"])
    op.create_index(
        op.f("sync_lease_until_idx"), "sync", ["lease_until"], postgresql_where="state = 'running'"
    )
    op.create_table(
        "pushed_part",
        sa.Column("list_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["mailing_list.id"], name=op.f("pushed_part_list_id_fkey")
        ),
        sa.PrimaryKeyConstraint("list_id", "number", name=op.f("pushed_part_pkey")),
    )
    # It is compressed already.
    op.execute("alter table pushed_part alter column lines set storage external")
    op.add_column("subscription_change", sa.Column("sync_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("subscription_change_sync_id_fkey"),
        "subscription_change",
        "sync",
        ["sync_id"],
        ["id"],
    )
    op.create_index(
        op.f("subscription_change_list_id_at_idx"),
        "subscription_change",
        ["list_id", "at"],
        postgresql_where="sync_id is null",
    )
    op.add_column(
        "mailing_list",
        sa.Column(
            "self_service",
            sa.Enum(
                "open",
                "closed",
                name="selfservice",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            server_default="open",
        ),
    )
    op.add_column("user", sa.Column("removed_at", instant, nullable=True))
    op.create_check_constraint(
        "address",
        "mailing_list",
        r"address ~ '^[A-Za-z0-9_][A-Za-z0-9._+-]*@"
        r"[^\u0001-\u002c\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]+$'",
    )
    op.create_check_constraint("one_word", "user", r"address !~ '[[:space:][:cntrl:]\\]'")
    for name, table, column, words in (
        ("notification_lettername_check", "notification", "letter", LETTERS),
        ("subscription_change_change_check", "subscription_change", "change", CHANGES),
    ):
        op.drop_constraint(op.f(name), table)
        op.create_check_constraint(op.f(name), table, sa.column(column).in_(words))
    for origin, target in SYNC_MOVES:
        op.execute(
            sa.text("insert into legal_move values ('sync', :origin, :target)").bindparams(
                origin=origin, target=target
            )
        )
    op.execute("""
        create trigger sync_born before insert on sync
        for each row execute function refuse_illegal_move()
    """)
    op.execute("""
        create trigger sync_moved before update of state on sync
        for each row when (old.state is distinct from new.state)
        execute function refuse_illegal_move()
    """)
