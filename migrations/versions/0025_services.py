"""Services as actors, their keys, and their own keys for people and lists."""

from alembic import op

revision = "0025_services"
down_revision = "0024_subscription_requests"


def upgrade() -> None:
    op.execute("""
        create table service (
            id bigint generated always as identity primary key,
            name text not null constraint service_name_key unique,
            scopes text[] not null constraint service_known_check check (
                scopes <@ '{read,people,lists,subscriptions,messages,decisions}'
            ),
            acts_for varchar(32) not null
                constraint service_actsfor_check check (acts_for in ('everyone', 'own')),
            disabled_at timestamptz,
            created_at timestamptz not null
        );
        create table service_key (
            id bigint generated always as identity primary key,
            service_id bigint not null references service,
            salt text not null,
            scopes text[],
            created_at timestamptz not null,
            expires_at timestamptz,
            revoked_at timestamptz,
            last_used_at timestamptz
        );
        create index on service_key (service_id);
        create table external_id (
            id bigint generated always as identity primary key,
            service_id bigint not null references service,
            key text not null,
            user_id bigint references "user",
            list_id bigint references mailing_list,
            constraint external_id_one_check check (num_nonnulls(user_id, list_id) = 1)
        );
        create unique index external_id_person_key
            on external_id (service_id, key) where user_id is not null;
        create unique index external_id_list_key
            on external_id (service_id, key) where list_id is not null;
        create unique index external_id_user_key on external_id (user_id, service_id);
        create unique index external_id_mailing_list_key on external_id (list_id, service_id);

        alter table audit_entry add service text;
        alter table subscription_change add service text;

        -- Each service chooses its keys by itself.  A fingerprint stands for the arguments, which
        -- may be private; the calls of before have none and are compared with nothing.
        alter table idempotent_call
            drop constraint idempotent_call_pkey,
            drop column arguments,
            add fingerprint text,
            add service_id bigint references service,
            add id bigint generated always as identity primary key;
        create unique index idempotent_call_service_id_key_key
            on idempotent_call (service_id, key) nulls not distinct;

        update installation set serves_from = '0025_services';
    """)
