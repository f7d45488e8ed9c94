"""The former secret of a webhook, which signs beside the new one for a while."""

from alembic import op

revision = "0029_webhook_rotation"
down_revision = "0028_claims"


def upgrade() -> None:
    op.execute("""
        alter table event_endpoint
            add former_salt text,
            add former_until timestamptz,
            add constraint event_endpoint_former_check
                check ((former_salt is null) = (former_until is null));
    """)
