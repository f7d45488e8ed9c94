"""A corrected message to the rest: to those who did not get the first one."""

from alembic import op

revision = "0015_rest"
down_revision = "0014_bounces"


def upgrade() -> None:
    op.execute("""
        alter table message
            add column rest_of_id bigint references message,
            add column rest_uncertain boolean not null default false;
        create index on message (rest_of_id) where rest_of_id is not null;

        -- Finds the former addresses of a person.
        create index notification_former_address_idx on notification (user_id)
            where former_address is not null;

        -- Older code would send such a message to every member.
        update installation set serves_from = '0015_rest';
    """)
