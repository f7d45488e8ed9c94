"""A list's own address in the journal: when it changes, the list is pushed under the new one."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

CHANGES = ["joined", "left", "readdressed", "disabled", "enabled", "list_readdressed"]


def upgrade() -> None:
    op.alter_column("subscription_change", "user_id", nullable=True)
    name = op.f("subscription_change_change_check")
    op.drop_constraint(name, "subscription_change")
    op.create_check_constraint(name, "subscription_change", sa.column("change").in_(CHANGES))
    op.create_check_constraint(
        op.f("subscription_change_whose_check"),
        "subscription_change",
        "(user_id is null) = (change = 'list_readdressed')",
    )
