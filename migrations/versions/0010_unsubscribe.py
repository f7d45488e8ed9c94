"""One-click unsubscribing: what lists add to copies, the date of a sendout, the key of tokens."""

from alembic import op

revision = "0010_unsubscribe"
down_revision = "0009_send_zone"

DOORS = "'portal', 'link', 'mail', 'unsubscribe', 'sms', 'command_line', 'service', 'system'"


def upgrade() -> None:
    # With defaults, so that the version before this one can still create lists.
    op.execute("""
        alter table mailing_list
            add column language varchar(32) not null default 'en'
                constraint mailing_list_language_check check (language in ('en', 'fr', 'de')),
            add column personal boolean not null default true,
            add column unsubscribe_line boolean not null default true,
            add column from_field varchar(32) not null default 'automatic'
                constraint mailing_list_fromfield_check
                check (from_field in ('automatic', 'author', 'list'));
        update mailing_list set unsubscribe_line = false where kind <> 'announcement';

        alter table message add column dated_at timestamptz;

        -- Two random UUIDs have 244 random bits.
        alter table installation add column token_key bytea not null default sha256(
            convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')
        );

        -- Older code does not know the new door and fails to read the audit trail.
        update installation set serves_from = '0010_unsubscribe';
    """)
    for table, column in (("subscription_change", "via"), ("decision", "via")):
        allow_door(table, column)
    allow_door("audit_entry", "door")


def allow_door(table: str, column: str) -> None:
    """Replace the CHECK of doors."""
    name = f"{table}_door_check"
    op.execute(f"""
        alter table {table} drop constraint {name},
            add constraint {name} check ({column} in ({DOORS}))
    """)
