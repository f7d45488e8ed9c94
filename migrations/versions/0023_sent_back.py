"""Messages sent back for changes: a third verdict, and what has changed since."""

from alembic import op

revision = "0023_sent_back"
down_revision = "0022_absences"


def upgrade() -> None:
    op.execute("""
        alter table decision
            drop constraint decision_verdict_check,
            add constraint decision_verdict_check
                check (verdict in ('approved', 'rejected', 'sent_back'));

        create table sent_back_content (
            request_id bigint primary key references moderation_request,
            content jsonb not null
        );
        alter table moderation_request
            add column follows_id bigint references moderation_request,
            add column changes jsonb;

        -- Older code cannot read a decision that sends a message back.
        update installation set serves_from = '0023_sent_back';
    """)
