"""Letters that answer replies: how many went to whom, and mails that a server delivered twice."""

from alembic import op

revision = "0005_reply_letters"
down_revision = "0004_default_roles"


def upgrade() -> None:
    op.execute("""
        create table reply_letter (
            keys_id bigint references invitation,
            letter varchar(32),
            sent bigint not null,
            sent_at timestamptz,
            withheld bigint not null,
            primary key (keys_id, letter)
        );

        alter table inbound_mail add column fingerprint text;
        create index on inbound_mail (fingerprint) where fingerprint is not null;

        alter table inbound_sms add column said text;
    """)
