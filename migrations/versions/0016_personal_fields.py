"""Personal fields, by the choice of a message's author."""

from alembic import op

revision = "0016_personal_fields"
down_revision = "0015_rest"


def upgrade() -> None:
    op.execute("""
        alter table message add column personal_fields boolean not null default false;

        -- Older code would send the fields as they are written.
        update installation set serves_from = '0016_personal_fields';
    """)
