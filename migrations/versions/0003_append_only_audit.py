"""Append-only audit: audit entries and decisions cannot be updated, deleted or truncated."""

from alembic import op

revision = "0003_append_only_audit"
down_revision = "0002_state_machine"


def upgrade() -> None:
    op.execute("""
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception '% is only ever added to', tg_table_name
                using errcode = 'check_violation';
        end $$
    """)
    for table in ("audit_entry", "decision"):
        op.execute(f"""
            create trigger {table}_kept before update or delete or truncate on {table}
            for each statement execute function refuse_change()
        """)
