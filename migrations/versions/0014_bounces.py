"""Bounces by person and message, suspended subscriptions, complaints as a door."""

from alembic import op

revision = "0014_bounces"
down_revision = "0013_resume"

DOORS = """
    'portal', 'link', 'mail', 'unsubscribe', 'complaint', 'sms', 'command_line', 'service', 'system'
"""

CHANGES = """
    'joined', 'left', 'readdressed', 'disabled', 'enabled', 'suspended', 'resumed',
    'list_readdressed'
"""


def upgrade() -> None:
    op.execute("""
        create table bounce (
            message_id bigint references message,
            user_id bigint references "user",
            hard boolean not null,
            status text not null,
            at timestamptz not null,
            primary key (message_id, user_id)
        );
        create index on bounce (user_id);
        create index on bounce (at);

        alter table subscription
            add column suspended_at timestamptz,
            add column bounces_count_from timestamptz;
        create index subscription_suspended_idx on subscription (list_id, user_id)
            where suspended_at is not null;

        -- Older code would go on sending to suspended subscriptions, and does not know the new
        -- door and the new changes.
        update installation set serves_from = '0014_bounces';
    """)
    allow("subscription_change", "change", CHANGES, "subscription_change_change_check")
    for table, column in (("subscription_change", "via"), ("decision", "via")):
        allow(table, column, DOORS, f"{table}_door_check")
    allow("audit_entry", "door", DOORS, "audit_entry_door_check")


def allow(table: str, column: str, values: str, name: str) -> None:
    """Replace the CHECK of a column."""
    op.execute(f"""
        alter table {table} drop constraint {name},
            add constraint {name} check ({column} in ({values}))
    """)
