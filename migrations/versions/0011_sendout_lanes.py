"""Sendout lanes: which claim a delivery belongs to."""

from alembic import op

revision = "0011_sendout_lanes"
down_revision = "0010_unsubscribe"


def upgrade() -> None:
    op.execute("alter table delivery add column claim uuid;")
