"""Lists that one joins on request, and the requests."""

from alembic import op

revision = "0024_subscription_requests"
down_revision = "0023_sent_back"


def upgrade() -> None:
    op.execute("""
        alter table mailing_list
            drop constraint mailing_list_selfservice_check,
            add constraint mailing_list_selfservice_check
                check (self_service in ('open', 'on_request', 'closed'));

        create table subscription_request (
            id bigint generated always as identity primary key,
            state varchar(32) not null
                constraint subscription_request_subscriptionrequeststate_check
                check (state in ('open', 'accepted', 'declined', 'withdrawn', 'expired')),
            user_id bigint not null references "user",
            list_id bigint not null references mailing_list,
            asked_at timestamptz not null,
            decided_at timestamptz,
            decided_by_id bigint references "user",
            via varchar(32)
                constraint subscription_request_door_check check (via in (
                    'portal', 'link', 'mail', 'unsubscribe', 'complaint', 'sms', 'command_line',
                    'service', 'system'
                )),
            comment text not null,
            constraint subscription_request_decided_check check (
                (decided_at is null) = (via is null)
                and (decided_at is null or state in ('accepted', 'declined'))
            )
        );
        create unique index subscription_request_one_open_key
            on subscription_request (list_id, user_id) where state = 'open';
        create index on subscription_request (asked_at) where state = 'open';
        create index on subscription_request (user_id, list_id);

        insert into legal_move (entity, origin, target) values
            ('subscription_request', null, 'open'),
            ('subscription_request', 'open', 'accepted'),
            ('subscription_request', 'open', 'declined'),
            ('subscription_request', 'open', 'withdrawn'),
            ('subscription_request', 'open', 'expired');
        create trigger subscription_request_born before insert on subscription_request
        for each row execute function refuse_illegal_move();
        create trigger subscription_request_moved before update of state on subscription_request
        for each row when (old.state is distinct from new.state)
        execute function refuse_illegal_move();

        -- Older code does not know the third value of self-service.
        update installation set serves_from = '0024_subscription_requests';
    """)
