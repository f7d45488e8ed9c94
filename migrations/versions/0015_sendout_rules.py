"""Sendout rules of lists and messages: a rate and a daily window; how much of a rate is used."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

COLUMNS = {
    "rate_copies": sa.BigInteger,
    "rate_minutes": sa.BigInteger,
    "window_opens": sa.Time,
    "window_closes": sa.Time,
}
CHECKS = {
    "rate": "num_nulls(rate_copies, rate_minutes) in (0, 2) "
    "and rate_copies between 1 and 10000000 and rate_minutes between 1 and 1440",
    "window": "num_nulls(window_opens, window_closes) in (0, 2) and window_opens <> window_closes",
}


def upgrade() -> None:
    for table in ("mailing_list", "message"):
        for column, kind in COLUMNS.items():
            op.add_column(table, sa.Column(column, kind(), nullable=True))
        for check, condition in CHECKS.items():
            op.create_check_constraint(op.f(f"{table}_{check}_check"), table, condition)
    op.add_column(
        "dispatch", sa.Column("period_began_at", sa.TIMESTAMP(timezone=True), nullable=True)
    )
    op.add_column(
        "dispatch",
        sa.Column("period_copies", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
