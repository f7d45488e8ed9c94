"""Since when a service's register lacks a person; no index of people has entries for lists."""

from alembic import op

revision = "0027_people_sync"
down_revision = "0026_events"


def upgrade() -> None:
    op.execute("""
        alter table external_id add missing_since timestamptz;

        drop index external_id_user_key;
        create unique index external_id_user_key
            on external_id (user_id, service_id) where user_id is not null;
        drop index external_id_mailing_list_key;
        create unique index external_id_mailing_list_key
            on external_id (list_id, service_id) where list_id is not null;
    """)
