"""Sessions of the portal: a row each, which a log-out deletes."""

from alembic import op

revision = "0007_portal_session"
down_revision = "0006_installation"


def upgrade() -> None:
    op.execute("""
        create table portal_session (
            id text primary key,
            user_id bigint not null references "user",
            began_at timestamptz not null
        );
        create index on portal_session (user_id);
        create index on portal_session (began_at);
    """)
