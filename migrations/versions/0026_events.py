"""What happened, for other services: events, endpoints and deliveries."""

from alembic import op

revision = "0026_events"
down_revision = "0025_services"


def upgrade() -> None:
    op.execute("""
        create table event (
            id bigint generated always as identity primary key,
            kind varchar(32) not null,
            data jsonb not null,
            at timestamptz not null,
            mark text not null
        );
        create index on event (at);
        create table event_endpoint (
            id bigint generated always as identity primary key,
            service_id bigint not null references service,
            url text,
            kinds text[] not null,
            salt text not null,
            created_at timestamptz not null,
            disabled_at timestamptz,
            retry_at timestamptz,
            failures bigint not null
        );
        create index on event_endpoint (service_id);
        create unique index event_endpoint_stream_key
            on event_endpoint (service_id) where url is null;
        create table event_delivery (
            id bigint generated always as identity primary key,
            due_at timestamptz not null,
            ring_at timestamptz not null,
            rings bigint not null,
            state varchar(32) not null constraint event_delivery_eventdeliverystate_check
                check (state in ('pending', 'sent', 'failed')),
            event_id bigint not null references event on delete cascade,
            endpoint_id bigint not null references event_endpoint on delete cascade,
            about text not null,
            attempts bigint not null
                constraint event_delivery_attempts_check check (attempts >= 0),
            give_up_at timestamptz not null,
            failure varchar(32) constraint event_delivery_eventfailure_check check (failure in (
                'unknown_name', 'forbidden_address', 'unreachable', 'tls', 'took_too_long',
                'status', 'gone', 'disabled'
            )),
            http_status bigint,
            sent_at timestamptz
        );
        create index on event_delivery (ring_at) where state = 'pending';
        create index on event_delivery (endpoint_id, about, id) where state = 'pending';
        create index on event_delivery (endpoint_id, state);
        create index on event_delivery (event_id);

        insert into legal_move (entity, origin, target) values
            ('event_delivery', null, 'pending'),
            ('event_delivery', 'pending', 'sent'),
            ('event_delivery', 'pending', 'failed'),
            ('event_delivery', 'failed', 'pending');
        create trigger event_delivery_born before insert on event_delivery
        for each row execute function refuse_illegal_move();
        create trigger event_delivery_moved before update of state on event_delivery
        for each row when (old.state is distinct from new.state)
        execute function refuse_illegal_move();
    """)
