"""The zone in which a send time was chosen."""

from alembic import op

revision = "0009_send_zone"
down_revision = "0008_recovery_code"


def upgrade() -> None:
    op.execute("alter table message add column send_zone text;")
