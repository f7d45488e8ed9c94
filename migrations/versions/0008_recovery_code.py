"""Recovery codes of the second factor: a hash each."""

from alembic import op

revision = "0008_recovery_code"
down_revision = "0007_portal_session"


def upgrade() -> None:
    op.execute("""
        create table recovery_code (
            user_id bigint references "user",
            code_hash text,
            used_at timestamptz,
            primary key (user_id, code_hash)
        );
    """)
