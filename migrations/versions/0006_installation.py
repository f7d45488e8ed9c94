"""Installation: one row of facts about this database; random marks for Message-IDs."""

from alembic import op

revision = "0006_installation"
down_revision = "0005_reply_letters"


def upgrade() -> None:
    op.execute("""
        create table installation (
            id boolean primary key default true
                constraint installation_one_row_check check (id),
            serves_from text not null,
            sendouts_held_at timestamptz
        );
        insert into installation (serves_from) values ('0006_installation');

        -- Nullable and without a default, so that no table is rewritten; a row without a mark has
        -- a Message-ID without one.
        alter table message add column mark text;
        alter table notification add column mark text;
    """)
