"""Apply a matched register: each step does for many people what a verb does for one."""

from typing import Any

from sqlalchemy import column, select, table, text
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Change,
    Service,
    Subscription,
    SubscriptionRequest,
    acting,
)
from models.clock import now
from models.services import acting_service
from workflows.lists.ended_requests import end_requests, open_requests
from workflows.people.last_administrator import require_administrator_left
from workflows.sync.journal import note_rows

CHANGES = table("register_change", column("user_id"))

# Of which rows of register_change (workflows/people/register_matching.py) something is true: what
# the statements below have between braces.
MISSING = "c.line is null and c.external_id is not null and not c.is_disabled"
MOVED = "c.address <> c.former_address"
EDITED = "(c.name <> c.former_name or c.language <> c.former_language)"
BACK = "c.is_back and c.address is not null"
TRUE = {"missing": MISSING, "moved": MOVED, "edited": EDITED, "back": BACK}

COUNTS = """
    select (select count(*) from register_new where not links) as added,
        count(*) filter (where c.links) as linked,
        count(*) filter (where {moved}) as readdressed,
        count(*) filter (where {edited}) as edited,
        count(*) filter (where {missing}) as disabled,
        count(*) filter (where {back} and c.is_disabled) as enabled
    from register_change c
"""
AUDIT = """
    insert into audit_entry (at, act, actor_id, actor, door, service, detail)
    select :at, '{act}', :actor_id, :actor, :door, :service,
        jsonb_build_object('user_id', c.user_id) || {facts}
    from {source} c where {where}
"""
RENAMED = """
    case when c.name <> c.former_name
        then jsonb_build_object('name', c.name, 'before', c.former_name) else '{{}}' end
"""
ON_LISTS = """
    jsonb_build_object('lists', coalesce(
        (select jsonb_agg(s.list_id order by s.list_id) from subscription s
        where s.user_id = c.user_id), '[]'))
"""
# Two people may exchange their addresses, which at no time are those of both.
FREE = """
    update "user" u set address_key = 'moving ' || u.id from register_change c
    where u.id = c.user_id and c.address_key <> c.former_key
        and exists (select from register_line l where l.address_key = c.former_key)
"""
EDIT = """
    update "user" u set
        address = c.address, address_key = c.address_key, name = c.name, language = c.language
    from register_change c
    where u.id = c.user_id and ({moved} or {edited})
"""
# As `readdress` in workflows/sendout/recipients.py.
READDRESS = """
    update delivery d set address = c.address
    from register_change c, dispatch sending
    where {moved} and d.address = c.former_address and d.state = 'pending'
        and sending.id = d.dispatch_id and sending.state = 'sending'
        and not exists (
            select from delivery taken
            where taken.dispatch_id = d.dispatch_id and taken.address = c.address)
"""
VOID_LINKS = """
    update mailed_link l set expires_at = least(l.expires_at, :at)
    from register_change c
    where {moved} and l.user_id = c.user_id and l.used_at is null
"""
# The sweep publishes them, a batch at a time.
NOTIFY = """
    insert into notification (
        state, letter, channel, user_id, former_address, detail, attempts, mark,
        due_at, ring_at, rings)
    select 'pending', 'SysMsgAccountAddressChanged', 'email', c.user_id, former.address, '{{}}', 0,
        left(md5(gen_random_uuid()::text), 12), :at, :at, 0
    from register_change c, lateral (values (c.former_address), (null)) as former (address)
    where {moved} and not c.is_disabled
"""
AUDIT_RESUMED = """
    insert into audit_entry (at, act, actor_id, actor, door, service, list_id, detail)
    select :at, 'resumed', :actor_id, :actor, :door, :service, s.list_id,
        jsonb_build_object('user_id', c.user_id)
    from register_change c join subscription s on s.user_id = c.user_id
    where {moved} and s.suspended_at is not null
"""
RESUME = """
    update subscription s set suspended_at = null, bounces_count_from = :at
    from register_change c where {moved} and s.user_id = c.user_id
"""
DISABLE = """
    update "user" u set disabled_at = :at
    from register_change c where {missing} and u.id = c.user_id
"""
NOTE_MISSING = """
    update external_id e set missing_since = :at
    from register_change c where {missing} and e.id = c.external_id
"""
# As `end_absences_of` in workflows/people/absences.py.
END_ABSENCES = (
    """
    delete from absence a using register_change c
    where {missing} and a.user_id = c.user_id and a.from_at >= :at
    """,
    """
    update absence a set until_at = :at, due_at = null from register_change c
    where {missing} and a.user_id = c.user_id and a.until_at > :at
    """,
    """
    update absence a set deputy_id = null, due_at = :at from register_change c
    where {missing} and a.deputy_id = c.user_id and a.until_at > :at
    """,
)
ENABLE = """
    update "user" u set disabled_at = null from register_change c
    where {back} and c.is_disabled and u.id = c.user_id
"""
NOTE_BACK = """
    update external_id e set missing_since = null
    from register_change c where {back} and e.id = c.external_id
"""
LINK = """
    insert into external_id (service_id, key, user_id)
    select :service_id, key, holder_id from register_new where links
"""
ADD = """
    insert into "user" (
        id, address, address_key, name, language, time_zone, preference, created_at)
    overriding system value
    select user_id, address, address_key, name, language, '', 'email', :at
    from register_new where not links
"""
ADD_KEYS = """
    insert into external_id (service_id, key, user_id)
    select :service_id, key, user_id from register_new where not links
"""
# A thousand people per entry take a hundredth of the time of one entry for each.
AUDIT_MANY_ADDED = """
    insert into audit_entry (at, act, actor_id, actor, door, service, detail)
    select :at, 'added_people', :actor_id, :actor, :door, :service,
        jsonb_build_object('count', count(*), 'user_ids', jsonb_agg(user_id order by user_id))
    from register_new where not links group by user_id / 1000
"""

# People whom one run adds with an entry of their own for each.
MAX_SINGLE_ENTRIES = 10_000


def count_changes(session: Session) -> dict[str, int]:
    """Count the people of whom something changes."""
    return dict(session.execute(text(COUNTS.format(**TRUE))).mappings().one())


class Applying:
    """One application of a matched register, with what every row of it says."""

    def __init__(self, session: Session, service: Service, *, actor: Actor) -> None:
        self.session, self.actor = session, actor
        self.facts: dict[str, Any] = {
            "at": now(),
            "service_id": service.id,
            "register": service.name,
            **acting(actor, acting_service(session)),
        }

    def edit(self) -> None:
        """Change names, languages and addresses, as `change_contact` and `change_address` do."""
        self.run(FREE, EDIT, READDRESS, VOID_LINKS, NOTIFY)
        suspended = Subscription.suspended_at.is_not(None)
        self.note(Change.RESUMED, MOVED, suspended)
        self.run(AUDIT_RESUMED, RESUME)
        self.note(Change.READDRESSED, MOVED)
        self.audit(Act.CHANGED_ADDRESS, MOVED, ON_LISTS)
        self.audit(Act.CHANGED_CONTACT, EDITED, RENAMED)

    def disable(self) -> None:
        """Disable the missing people, as `disable` does."""
        with require_administrator_left(self.session, actor=self.actor):
            self.run(DISABLE)
        self.run(NOTE_MISSING, *END_ABSENCES)
        self.note(Change.DISABLED, MISSING)
        requests = open_requests(SubscriptionRequest.user_id.in_(changed(MISSING)))
        end_requests(self.session, requests, actor=self.actor)
        self.audit(Act.DISABLED_USER, MISSING)

    def enable(self) -> None:
        """Enable those who are back, as `enable` does."""
        self.run(ENABLE)
        self.note(Change.ENABLED, f"{BACK} and c.is_disabled")
        self.audit(Act.ENABLED_USER, f"{BACK} and c.is_disabled")
        self.run(NOTE_BACK)

    def add(self, count: int) -> None:
        """Add the new people, as `add_user` does, and link the known ones."""
        self.run(LINK, ADD, ADD_KEYS)
        self.audit(
            Act.NAMED_USER, "c.links", "jsonb_build_object('service', cast(:register as text))"
        )
        if count > MAX_SINGLE_ENTRIES:
            self.run(AUDIT_MANY_ADDED)
        else:
            new = "jsonb_build_object('roles', jsonb_build_array())"
            self.audit(Act.ADDED_USER, "not c.links", new, source="register_new")

    def run(self, *statements: str) -> None:
        """Run the statements."""
        for statement in statements:
            self.session.execute(text(statement.format(**TRUE)), self.facts)

    def note(self, change: Change, where: str, *subscriptions: Any) -> None:
        """Write the change into the journal of every list that these people are on."""
        rows = select(Subscription.list_id, Subscription.user_id).where(
            Subscription.user_id.in_(changed(where)), *subscriptions
        )
        note_rows(self.session, change, rows.subquery(), actor=self.actor)

    def audit(
        self, act: Act, where: str, facts: str = "'{{}}'", *, source: str = "register_change"
    ) -> None:
        """Write an entry about each of these people."""
        self.run(AUDIT.format(act=act, where=where, facts=facts, source=source))


def changed(where: str) -> Any:
    """Select the ids of the people of register_change of whom this is true."""
    return select(CHANGES.alias("c").c.user_id).where(text(where))
