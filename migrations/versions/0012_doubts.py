"""Copies in doubt: when a person settled one, and whether the end of a sendout was reported."""

from alembic import op

revision = "0012_doubts"
down_revision = "0011_sendout_lanes"


def upgrade() -> None:
    op.execute("""
        alter table delivery add column settled_at timestamptz;
        create index delivery_in_doubt on delivery (dispatch_id, id)
            where state in ('failed', 'uncertain') and settled_at is null;

        alter table dispatch add column doubts_reported_at timestamptz;
        update dispatch set doubts_reported_at = now() where state in ('sent', 'stopped');
        create index dispatch_doubts_unreported on dispatch (id)
            where state in ('sent', 'stopped') and doubts_reported_at is null;

        insert into legal_move (entity, origin, target) values
            ('delivery', 'failed', 'pending'),
            ('delivery', 'uncertain', 'pending'),
            ('dispatch', 'sent', 'sending'),
            ('message', 'sent', 'sending');
    """)
