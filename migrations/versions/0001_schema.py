"""Schema: every table, with its keys, CHECKs and indexes.

Constraints without a name get PostgreSQL's.  The columns of each table are in the order in which
unreleased versions added them, so that a database from before 0.1.0 has the same schema.
"""

from alembic import op

revision = "0001_schema"
down_revision = None

PEOPLE = r"""
    create table role (
        id bigint generated always as identity primary key,
        name text not null unique,
        rights smallint[] not null
            constraint role_known_check
            check (rights <@ '{402,404,601,605,618,2000,2001,2309,2310,2311,2312}')
    );

    create table "user" (
        id bigint generated always as identity primary key,
        address text not null
            constraint user_one_word_check check (address !~ '[[:space:][:cntrl:]\\]'),
        address_key text not null unique,
        name text not null,
        disabled_at timestamptz,
        created_at timestamptz not null,
        language varchar(32) not null default 'en'
            constraint user_language_check check (language in ('en', 'fr', 'de')),
        preference varchar(32) not null default 'email'
            constraint user_preference_check check (preference in ('email', 'sms', 'both')),
        phone text unique
            constraint user_e164_check check (phone ~ '^\+[1-9][0-9]{6,14}$'),
        sms_stopped_at timestamptz,
        removed_at timestamptz,
        time_zone text not null default ''
    );

    create table user_role (
        user_id bigint references "user",
        role_id bigint references role,
        primary key (user_id, role_id)
    );

    create table credentials (
        user_id bigint primary key references "user",
        password_hash text,
        session_stamp text not null unique,
        totp_secret text,
        totp_counter bigint
    );

    create table mailed_link (
        id bigint generated always as identity primary key,
        user_id bigint not null references "user",
        purpose varchar(32) not null
            constraint mailed_link_linkpurpose_check
            check (purpose in ('log_in', 'reset', 'invitation', 'address')),
        token_hash text unique,
        new_address text,
        made_at timestamptz not null,
        expires_at timestamptz not null,
        used_at timestamptz
    );
    create index on mailed_link (user_id);
"""

LISTS = r"""
    create table approver_list (
        id bigint generated always as identity primary key,
        name text not null unique
    );

    create table approver (
        approver_list_id bigint references approver_list,
        user_id bigint references "user",
        primary key (approver_list_id, user_id)
    );

    create table mailing_list (
        id bigint generated always as identity primary key,
        short_name text not null unique
            constraint mailing_list_short_name_check check (
                short_name ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$'
                and position('..' in short_name) = 0
            ),
        -- The address becomes part of commands, so its local part has few characters.
        address text not null
            constraint mailing_list_address_check check (
                address ~ '^[A-Za-z0-9_][A-Za-z0-9._+-]*@'
                '[^\u0001-\u002c\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]+$'
            ),
        address_key text not null unique,
        name text not null,
        description text not null,
        kind varchar(32) not null
            constraint mailing_list_listkind_check check (kind in ('discussion', 'announcement')),
        delivery varchar(32) not null
            constraint mailing_list_listdelivery_check
            check (delivery in ('members', 'list_address')),
        four_eyes boolean not null,
        approver_list_id bigint references approver_list,
        created_at timestamptz not null,
        escalation_list_id bigint references approver_list,
        self_service varchar(32) not null default 'open'
            constraint mailing_list_selfservice_check check (self_service in ('open', 'closed')),
        archived_at timestamptz,
        rate_copies bigint,
        rate_minutes bigint,
        window_opens time,
        window_closes time,
        constraint mailing_list_rate_check check (
            num_nulls(rate_copies, rate_minutes) in (0, 2)
            and rate_copies between 1 and 10000000
            and rate_minutes between 1 and 1440
        ),
        constraint mailing_list_window_check check (
            num_nulls(window_opens, window_closes) in (0, 2)
            and window_opens <> window_closes
        )
    );
"""

SYNC = """
    create table sync (
        id bigint generated always as identity primary key,
        state varchar(32) not null
            constraint sync_syncstate_check
            check (state in ('pending', 'running', 'held', 'done')),
        due_at timestamptz not null,
        ring_at timestamptz not null,
        rings bigint not null,
        list_id bigint not null references mailing_list,
        lease_until timestamptz,
        failures bigint not null,
        started_at timestamptz,
        ended_at timestamptz,
        exit_status bigint,
        addresses bigint,
        digest bytea,
        removals bigint,
        confirmed bigint not null,
        failure varchar(32)
            constraint sync_failure_check check (failure in (
                'not_started', 'not_executable', 'not_found', 'exit_status', 'signal',
                'took_too_long', 'said_too_much', 'read_too_little', 'started_too_late',
                'worker_died'
            )),
        stderr text not null
    );
    create unique index sync_unfinished_key on sync (list_id) where state <> 'done';
    create index on sync (list_id, id);
    create index on sync (ring_at) where state = 'pending';
    create index on sync (lease_until) where state = 'running';

    create table pushed_part (
        list_id bigint references mailing_list,
        number bigint,
        lines bytea not null,
        primary key (list_id, number)
    );
    -- The lines are already compressed.
    alter table pushed_part alter column lines set storage external;
"""

SUBSCRIPTIONS = """
    create table subscription (
        list_id bigint references mailing_list,
        user_id bigint references "user",
        since timestamptz not null,
        primary key (list_id, user_id)
    );
    create index on subscription (user_id);

    create table subscription_change (
        id bigint generated always as identity primary key,
        list_id bigint not null references mailing_list,
        user_id bigint references "user",
        change varchar(32) not null
            constraint subscription_change_change_check check (change in (
                'joined', 'left', 'readdressed', 'disabled', 'enabled', 'list_readdressed'
            )),
        by_id bigint references "user",
        via varchar(32) not null
            constraint subscription_change_door_check check (via in (
                'portal', 'link', 'mail', 'sms', 'command_line', 'service', 'system'
            )),
        at timestamptz not null,
        sync_id bigint references sync,
        constraint subscription_change_whose_check
            check ((user_id is null) = (change = 'list_readdressed'))
    );
    create index on subscription_change (list_id);
    create index on subscription_change (user_id);
    create index on subscription_change (list_id, at) where sync_id is null;
"""

MESSAGES = """
    create table message (
        id bigint generated always as identity primary key,
        state varchar(32) not null
            constraint message_messagestate_check check (state in (
                'draft', 'in_moderation', 'rejected', 'scheduled', 'sending', 'sent', 'stopped',
                'discarded'
            )),
        author_id bigint not null references "user",
        list_id bigint not null references mailing_list,
        subject text not null,
        size bigint not null,
        send_at timestamptz,
        written_at timestamptz not null,
        raw bytea not null,
        composed boolean not null default false,
        rate_copies bigint,
        rate_minutes bigint,
        window_opens time,
        window_closes time,
        constraint message_rate_check check (
            num_nulls(rate_copies, rate_minutes) in (0, 2)
            and rate_copies between 1 and 10000000
            and rate_minutes between 1 and 1440
        ),
        constraint message_window_check check (
            num_nulls(window_opens, window_closes) in (0, 2)
            and window_opens <> window_closes
        )
    );
    create index on message (author_id);
    create index on message (list_id, state);
"""

MODERATION = """
    create table moderation_request (
        id bigint generated always as identity primary key,
        state varchar(32) not null
            constraint moderation_request_requeststate_check
            check (state in ('open', 'decided', 'withdrawn', 'expired')),
        message_id bigint not null references message,
        content_hash text not null,
        asked_at timestamptz not null,
        reminded_at timestamptz,
        escalated_at timestamptz
    );
    create unique index moderation_request_one_open_key
        on moderation_request (message_id) where state = 'open';
    create index on moderation_request (message_id);
    create index on moderation_request (asked_at) where state = 'open';

    create table invitation (
        id bigint generated always as identity primary key,
        request_id bigint not null references moderation_request,
        user_id bigint not null references "user",
        reply_hash text unique,
        link_hash text unique,
        link_used_at timestamptz,
        viewed_at timestamptz,
        unique (request_id, user_id)
    );
    create index on invitation (user_id);

    create table decision (
        request_id bigint primary key references moderation_request,
        approver_id bigint not null references "user",
        verdict varchar(32) not null
            constraint decision_verdict_check check (verdict in ('approved', 'rejected')),
        via varchar(32) not null
            constraint decision_door_check check (via in (
                'portal', 'link', 'mail', 'sms', 'command_line', 'service', 'system'
            )),
        comment text not null,
        decided_at timestamptz not null
    );
    create index on decision (approver_id);
"""

SENDOUT = """
    create table dispatch (
        id bigint generated always as identity primary key,
        state varchar(32) not null
            constraint dispatch_dispatchstate_check
            check (state in ('waiting', 'sending', 'sent', 'stopped', 'recalled')),
        message_id bigint not null references message,
        content_hash text not null,
        request_id bigint unique references decision,
        released_by_id bigint references "user",
        due_at timestamptz not null,
        ring_at timestamptz not null,
        rings bigint not null,
        period_began_at timestamptz,
        period_copies bigint not null default 0,
        constraint dispatch_authorised_check check (num_nonnulls(request_id, released_by_id) = 1)
    );
    create unique index dispatch_one_unfinished_key
        on dispatch (message_id) where state in ('waiting', 'sending');
    create index on dispatch (message_id);
    create index on dispatch (ring_at) where state in ('waiting', 'sending');

    create table delivery (
        id bigint generated always as identity primary key,
        state varchar(32) not null
            constraint delivery_deliverystate_check
            check (state in ('pending', 'sending', 'sent', 'failed', 'uncertain')),
        dispatch_id bigint not null references dispatch,
        address text not null,
        attempts bigint not null,
        next_attempt_at timestamptz not null,
        claimed_at timestamptz,
        sent_at timestamptz,
        failure text,
        unique (dispatch_id, address)
    );
    create index on delivery (dispatch_id, next_attempt_at, id) where state = 'pending';
    create index on delivery (claimed_at) where state = 'sending';
"""

NOTIFICATIONS = """
    create table notification (
        id bigint generated always as identity primary key,
        state varchar(32) not null
            constraint notification_notificationstate_check
            check (state in ('pending', 'sent', 'delivered', 'failed', 'moot')),
        letter varchar(32) not null,
        channel varchar(32) not null
            constraint notification_channel_check check (channel in ('email', 'sms')),
        user_id bigint not null references "user",
        message_id bigint references message,
        request_id bigint references moderation_request,
        attempts bigint not null,
        failure text,
        sent_at timestamptz,
        due_at timestamptz not null,
        ring_at timestamptz not null,
        rings bigint not null,
        detail jsonb not null default '{}',
        provider_id text unique,
        uncertain_since timestamptz,
        link_id bigint references mailed_link,
        former_address text
    );
    create index on notification (user_id);
    create index on notification (message_id);
    create index on notification (request_id);
    create index on notification (link_id);
    create index on notification (ring_at) where state = 'pending';
"""

INBOUND = """
    create table inbound_mail (
        id bigint generated always as identity primary key,
        state varchar(32) not null
            constraint inbound_mail_inboundmailstate_check
            check (state in ('received', 'handled', 'stuck')),
        envelope_sender text not null,
        envelope_recipient text not null,
        raw bytea not null,
        received_at timestamptz not null,
        outcome text,
        due_at timestamptz not null,
        ring_at timestamptz not null,
        rings bigint not null
    );
    create index on inbound_mail (ring_at) where state = 'received';
    create index inbound_mail_stuck_idx on inbound_mail (id) where state = 'stuck';

    create table inbound_sms (
        message_sid text primary key,
        user_id bigint references "user",
        received_at timestamptz not null,
        answer text not null
    );
    create index on inbound_sms (user_id);
    create index on inbound_sms (received_at);

    create table wrong_code (
        id bigint generated always as identity primary key,
        user_id bigint not null references "user",
        at timestamptz not null
    );
    create index on wrong_code (user_id, at);
"""

AUDIT = """
    -- The ids are no foreign keys: an entry outlives the row that it is about.
    create table audit_entry (
        id bigint generated always as identity primary key,
        at timestamptz not null,
        act text not null,
        actor_id bigint,
        actor text not null,
        door varchar(32) not null
            constraint audit_entry_door_check check (door in (
                'portal', 'link', 'mail', 'sms', 'command_line', 'service', 'system'
            )),
        message_id bigint,
        list_id bigint,
        detail jsonb not null,
        about_id bigint generated always as ((detail ->> 'user_id')::bigint) stored
    );
    create index on audit_entry (at);
    create index on audit_entry (act, id);
    create index on audit_entry (door, id);
    create index on audit_entry (actor_id, id) where actor_id is not null;
    create index on audit_entry (about_id, id) where about_id is not null;
    create index on audit_entry (message_id, id) where message_id is not null;
    create index on audit_entry (list_id, id) where list_id is not null;
"""

PUBLIC_TASKS = """
    create table idempotent_call (
        key text primary key,
        task text not null,
        arguments jsonb not null,
        result jsonb,
        called_at timestamptz not null
    );
    create index on idempotent_call (called_at);
"""


def upgrade() -> None:
    for tables in (
        PEOPLE,
        LISTS,
        SYNC,
        SUBSCRIPTIONS,
        MESSAGES,
        MODERATION,
        SENDOUT,
        NOTIFICATIONS,
        INBOUND,
        AUDIT,
        PUBLIC_TASKS,
    ):
        op.execute(tables)
