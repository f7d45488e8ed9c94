"""Search the trail: whom an act was done to, and indexes for whatever it is searched by."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"

SEARCHED = ("message_id", "list_id", "actor_id", "about_id")


def upgrade() -> None:
    op.add_column(
        "audit_entry",
        sa.Column(
            "about_id",
            sa.BigInteger(),
            sa.Computed("((detail ->> 'user_id'::text))::bigint", persisted=True),
            nullable=True,
        ),
    )
    for column in ("message_id", "list_id", "actor_id"):
        op.drop_index(op.f(f"audit_entry_{column}_idx"), "audit_entry")
    for column in SEARCHED:
        op.create_index(
            op.f(f"audit_entry_{column}_id_idx"),
            "audit_entry",
            [column, "id"],
            postgresql_where=sa.text(f"{column} is not null"),
        )
    for column in ("act", "door"):
        op.create_index(op.f(f"audit_entry_{column}_id_idx"), "audit_entry", [column, "id"])
    op.create_index(op.f("audit_entry_at_idx"), "audit_entry", ["at"])
