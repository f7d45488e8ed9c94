"""Who may write to a list and ask there, how many open requests one author has, a second person,
and digests of requests.

In a list that exists, everyone with an account may write, without a limit, as before.
"""

from alembic import op

revision = "0021_asking"
down_revision = "0020_rights_per_list"


def upgrade() -> None:
    op.execute("""
        alter table mailing_list
            add column who_may_ask varchar(32) not null default 'accounts'
                constraint mailing_list_whomayask_check
                check (who_may_ask in ('authors', 'members', 'accounts')),
            add column max_open_requests bigint not null default 0
                constraint mailing_list_max_open_requests_check check (max_open_requests >= 0),
            add column second_person boolean not null default false;

        alter table notification add column digest_id bigint references notification;
        create index on notification (digest_id) where digest_id is not null;
        create index notification_asking_idx on notification (user_id, sent_at) where letter in (
            'SysMsgMessageModerate', 'SysMsgMessageReminder', 'SysMsgMessageDigest'
        );

        -- Older code would let anyone write, and anyone with Right 601 send alone.
        update installation set serves_from = '0021_asking';
    """)
