"""Keep the trail: what is in the audit trail, or was decided, is never changed or taken away."""

from alembic import op

revision = "0003"
down_revision = "0002"


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
