"""A stopped sendout can be resumed until it is ended."""

from alembic import op

revision = "0013_resume"
down_revision = "0012_doubts"


def upgrade() -> None:
    op.execute("""
        alter table dispatch
            add column stopped_by_id bigint references "user",
            add column ended_at timestamptz;
        update dispatch set ended_at = now() where state = 'stopped';
        insert into legal_move (entity, origin, target) values
            ('dispatch', 'stopped', 'sending'),
            ('message', 'stopped', 'sending');
    """)
