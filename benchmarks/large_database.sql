-- A database after years of use: 10,000 users, 200 lists, 5,000 messages and what followed.
-- Every value is computed from row numbers, so that each run measures the same.  Users 1 to 3 have
-- the most on their pages: an administrator, an approver of every list, and the author of a fifth
-- of all messages.

-- Rows are inserted in their final states, which the triggers would refuse.
set session_replication_role = replica;

insert into "user" (address, address_key, name, language, preference, disabled_at, created_at)
select address, address, name, 'en', 'email', case when n % 97 = 0 then now() end,
       now() - interval '2 years'
from (
    select n, 'member' || n || '@example.org' as address,
           (array['Ada', 'Grace', 'Linus', 'Barbara', 'Edsger', 'Margaret', 'Alan', 'Katherine',
                  'Donald', 'Radia', 'Dennis', 'Frances', 'Ken', 'Jean', 'Niklaus', 'Anita',
                  'Tony', 'Hedy', 'John', 'Karen'])[1 + n % 20]
           || ' ' ||
           (array['Lovelace', 'Hopper', 'Torvalds', 'Liskov', 'Dijkstra', 'Hamilton', 'Turing',
                  'Johnson', 'Knuth', 'Perlman'])[1 + n / 20 % 10] || ' ' || n as name
    from generate_series(1, 10000) as n
) as numbered;

insert into credentials (user_id, session_stamp) select id, 'stamp-' || id from "user";
insert into portal_session (id, user_id, began_at) select 'session-' || id, id, now() from "user";

insert into user_role (user_id, role_id)
select u.id, r.id from "user" u join role r on r.name = case
    when u.id = 1 then 'administrator' when u.id = 2 or u.id % 50 = 2 then 'sender'
    when u.id = 3 or u.id % 50 = 3 then 'author' end;

insert into service (name, scopes, acts_for, created_at)
select 'service ' || n, '{read,people}', 'everyone', now() - interval '2 years'
from generate_series(1, 20) as n;
insert into service_key (service_id, salt, created_at, last_used_at)
select s.id, md5(s.id || ' ' || n), now() - interval '1 year', now()
from service s, generate_series(1, 10) as n;

insert into approver_list (name) select 'Editors ' || n from generate_series(1, 50) as n;
insert into approver (approver_list_id, user_id)
select id, 2 from approver_list
union select id, 2 + 50 * (1 + (id + seat) % 60) from approver_list, generate_series(1, 4) as seat;

insert into mailing_list
    (short_name, address, address_key, name, description, kind, delivery, four_eyes, self_service,
     approver_list_id, escalation_list_id, created_at, archived_at)
select 'list-' || n, 'list-' || n || '@example.org', 'list-' || n || '@example.org',
       'The list number ' || n,
       case when n % 20 <> 0 then 'What is new about subject ' || n || ', about once a month.'
            else '' end,
       case when n % 3 = 0 then 'discussion' else 'announcement' end, 'members', n % 2 = 0, 'open',
       1 + n % 50, 1 + (n + 7) % 50, now() - interval '2 years', case when n > 190 then now() end
from generate_series(1, 200) as n;

insert into list_set (name) select 'Set ' || n from generate_series(1, 10) as n;
insert into list_set_member (list_set_id, list_id)
select s.id, l.id from list_set s join mailing_list l on s.id = 1 or l.id % 10 = s.id % 10;

-- All users are on the first list, half of them on the next ones, one in twenty-two on the last.
insert into subscription (list_id, user_id, since)
select l.id, u.id, now() - interval '1 year' from mailing_list l join "user" u
on l.id = 1 or u.id = 1 or u.id % (2 + l.id / 10) = l.id % (2 + l.id / 10);

-- A push every night for four months; the last one of the first list is held.
insert into sync (state, list_id, due_at, ring_at, rings, failures, started_at, ended_at,
                  exit_status, addresses, digest, confirmed, stderr, removals)
select 'done', l.id, night, night, 1, 0, night, night + interval '1 second', 0, 500, '\x00'::bytea, 0, '',
       null
from generate_series(now() - interval '120 days', now() - interval '1 day', '1 day') as night,
     mailing_list l
union all select 'held', 1, now(), now(), 1, 0, now(), now(), null, 10000, '\x00'::bytea, 0, '', 4000;

insert into subscription_change (list_id, user_id, change, by_id, via, at, sync_id)
select s.list_id, s.user_id, change, case when s.user_id % 5 = 0 then 1 else s.user_id end,
       'portal', since - way, last.id
from subscription s
join (select list_id, max(id) as id from sync group by list_id) as last using (list_id)
cross join (values ('joined', interval '3 days'), ('left', '2 days'), ('joined', '1 day'))
    as changes (change, way)
where way = '1 day' or s.user_id % 4 = 0;

-- Sixty of a hundred messages were sent, and so on.  Five are being sent, one of them to all users.
create temporary table seeded_message as
select n, case when n % 20 = 1 then 1 + n / 20 % 190 else 1 + n % 190 end as list_id,
       case when n % 5 = 0 then 3 else 3 + 50 * (1 + n % 100) end as author_id,
       case when n % 100 < 60 then 'sent' when n % 100 < 70 then 'rejected'
            when n % 100 < 80 then 'draft' when n % 100 < 85 then 'in_moderation'
            when n % 100 < 90 then 'scheduled' when n % 1000 = 994 then 'sending'
            when n % 100 < 95 then 'stopped' else 'discarded' end as state,
       now() - (5001 - n) * interval '3 hours' as at
from generate_series(1, 5000) as n;
update seeded_message set list_id = 1 where n % 500 in (1, 481) or n = 4994;

insert into message (state, author_id, list_id, subject, size, written_at, composed, raw)
select state, author_id, list_id,
       (array['Minutes of the meeting', 'General assembly', 'Summer party', 'New opening hours',
              'Call for papers'])[1 + n % 5] || ' ' || n,
       length(raw), at, true, raw
from seeded_message, letter order by n;

insert into moderation_request (state, message_id, content_hash, asked_at)
select case m.state when 'in_moderation' then 'open' when 'draft' then 'withdrawn'
                    else 'decided' end,
       m.id, encode(sha256(convert_to(m.list_id || E'\n', 'UTF8') || m.raw), 'hex'),
       m.written_at + interval '1 minute'
from message m where state <> 'discarded' and (state <> 'draft' or id % 2 = 0) order by m.id;

insert into decision (request_id, approver_id, verdict, via, comment, decided_at)
select r.id, 2, case m.state when 'rejected' then 'rejected' else 'approved' end, 'mail',
       case m.state when 'rejected' then 'Please say until when.' else '' end,
       r.asked_at + interval '1 hour'
from moderation_request r join message m on m.id = r.message_id where r.state = 'decided';

insert into invitation (request_id, user_id, reply_hash, link_hash, viewed_at)
select r.id, a.user_id, encode(sha256(('reply-' || r.id || '-' || a.user_id)::bytea), 'hex'),
       encode(sha256(('link-' || r.id || '-' || a.user_id)::bytea), 'hex'),
       case when a.user_id = 2 then r.asked_at + interval '30 minutes' end
from moderation_request r join message m on m.id = r.message_id
join mailing_list l on l.id = m.list_id join approver a on a.approver_list_id = l.approver_list_id;

insert into mailed_link (user_id, purpose, token_hash, made_at, expires_at, used_at)
select id, purpose, encode(sha256((purpose || '-' || id)::bytea), 'hex'), now(),
       now() + interval '1 day', case when id > 100 then now() end
from "user", unnest(array['log_in', 'reset']) as purpose;

insert into notification (state, letter, channel, user_id, message_id, request_id, detail, due_at,
                          ring_at, rings, attempts, sent_at)
select 'delivered', letter, 'email', i.user_id, r.message_id, r.id, '{}', r.asked_at, r.asked_at, 1,
       1, r.asked_at
from invitation i join moderation_request r on r.id = i.request_id,
     unnest(array['SysMsgMessageModerate', 'SysMsgMessageDecided']) as letter;

insert into dispatch (state, message_id, content_hash, request_id, due_at, ring_at, rings)
select case m.state when 'scheduled' then 'waiting' else m.state end, m.id, r.content_hash, r.id,
       r.asked_at + interval '2 hours', r.asked_at + interval '2 hours', 1
from message m join moderation_request r on r.message_id = m.id
where m.state in ('scheduled', 'sending', 'sent', 'stopped');

-- Half a million deliveries: of one message in twenty, and of all that are being sent.
insert into delivery (state, dispatch_id, address, attempts, next_attempt_at, claimed_at, sent_at)
select case when d.state = 'sending' and u.id % 2 = 0 then 'pending' when u.id % 500 = 7 then 'failed'
            else 'sent' end,
       d.id, u.address, 1, d.due_at, d.due_at, d.due_at
from dispatch d join message m on m.id = d.message_id join subscription s on s.list_id = m.list_id
join "user" u on u.id = s.user_id
where d.state <> 'waiting' and (d.state = 'sending' or m.id % 20 = 1);

-- The audit log, in the order of events: almost a million entries.
insert into audit_entry (at, act, actor_id, actor, door, message_id, list_id, detail)
select at, act, actor_id, coalesce(u.name, 'system'), door, message_id, list_id, detail
from (
    select written_at as at, 'wrote' as act, author_id as actor_id, 'portal' as door,
           id as message_id, list_id, '{}'::jsonb as detail
    from message
    union all
    select r.asked_at, 'asked', m.author_id, 'portal', m.id, m.list_id,
           jsonb_build_object('request_id', r.id)
    from moderation_request r join message m on m.id = r.message_id
    union all
    select sent_at, 'notified', null, 'system', message_id, null,
           jsonb_build_object('letter', letter, 'user_id', user_id, 'channel', channel)
    from notification
    union all
    select d.decided_at, d.verdict, 2, 'mail', m.id, m.list_id,
           jsonb_build_object('comment', d.comment)
    from decision d join moderation_request r on r.id = d.request_id
    join message m on m.id = r.message_id
    union all
    select d.due_at, act, null, 'system', m.id, m.list_id, '{"recipients": 500, "sent": 500}'
    from dispatch d join message m on m.id = d.message_id,
         unnest(array['began_sending', 'finished_sending']) as act
    where d.state in ('sent', 'stopped')
    union all
    select at, case change when 'joined' then 'subscribed' else 'unsubscribed' end, by_id, via,
           null, list_id, jsonb_build_object('user_id', user_id)
    from subscription_change
    union all
    select now() - n * interval '3 minutes', 'logged_in', 1 + n % 10000, 'portal', null, null,
           jsonb_build_object('user_id', 1 + n % 10000)
    from generate_series(1, 200000) as n
    union all
    select now() - n * interval '20 minutes', 'changed_contact', 1, 'portal', null, null,
           jsonb_build_object('user_id', 1 + n % 10000)
    from generate_series(1, 20000) as n
) as happened left join "user" u on u.id = actor_id
order by at;

reset session_replication_role;
