"""Sendouts spread evenly over a span."""

from alembic import op

revision = "0017_span"
down_revision = "0016_personal_fields"


def upgrade() -> None:
    for table in ("mailing_list", "message"):
        op.execute(f"""
            alter table {table} add column span_minutes bigint
                constraint {table}_span_check check (span_minutes between 1 and 10080)
        """)
    op.execute("alter table dispatch add column recipients bigint")
