"""The archive: a list that takes nothing any more, and is not forgotten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column(
        "mailing_list",
        sa.Column("archived_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
    )
