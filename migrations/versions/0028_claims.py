"""The deliveries of a claim are found by the claim, however many there were before."""

from alembic import op

revision = "0028_claims"
down_revision = "0027_people_sync"


def upgrade() -> None:
    op.execute("""
        create index on delivery (claim, id) where state = 'sending';
        drop index delivery_claimed_at_idx;
    """)
