"""Stage a register in temporary tables, and match it with the people of a service."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from io import BytesIO
from itertools import islice

from sqlalchemy import text
from sqlalchemy.orm import Session

from models import Actor, ActsFor, Right, Service
from models.addresses import address_key
from workflows.people.register_lines import RefusedLine, RegisterLine
from workflows.subscriptions.staging import COPY_BATCH, NULL

# register_line: the lines as given; one that was refused has no address_key.
# register_new: lines with an external id that the service does not know.  `holder_id` is the user
#   who has the address; where `links`, the line is about that user.
# register_change: people of the service, locked, of whom something may change; without a line they
#   are missing.  The actor is among them, because the journal's foreign key locks the actor too.
TABLES = """
    drop table if exists register_line, register_new, register_change;
    create temporary table register_line (
        line bigint, key text, address_key text, address text, name text, language text
    ) on commit drop;
    create temporary table register_new (
        user_id bigint, line bigint, key text, address text, address_key text, name text,
        language text, holder_id bigint, links boolean
    ) on commit drop;
    create temporary table register_change (
        user_id bigint, external_id bigint, links boolean, line bigint, is_back boolean,
        address text, address_key text, name text, language text,
        former_address text, former_key text, former_name text, former_language text,
        is_disabled boolean, is_removed boolean
    ) on commit drop;
    set local work_mem = '256MB'
"""
REPEATED_KEYS = """
    delete from register_line l using (
        select key, min(line) as first from register_line group by key having count(*) > 1
    ) as repeated
    where l.key = repeated.key and l.line > repeated.first
    returning l.line
"""
REPEATED_ADDRESSES = """
    update register_line l set address_key = null from (
        select address_key, min(line) as first from register_line
        where address_key is not null group by address_key having count(*) > 1
    ) as repeated
    where l.address_key = repeated.address_key and l.line > repeated.first
    returning l.line
"""
# Sorted, so that the index of addresses grows at its end and two such inserts cannot deadlock.  The
# name of the sequence is a subquery, which PostgreSQL evaluates once.
NEW = """
    insert into register_new
    select nextval((select cast(pg_get_serial_sequence('"user"', 'id') as regclass))),
        l.line, l.key, coalesce(l.address, l.address_key), l.address_key, l.name,
        coalesce(l.language, 'en'), u.id, u.id is not null and :links and not exists (
            select from external_id other
            where other.user_id = u.id and other.service_id = :service)
    from register_line l
    left join external_id e on e.service_id = :service and e.key = l.key and e.user_id is not null
    left join "user" u on u.address_key = l.address_key
    where l.address_key is not null and e.id is null
    order by l.address_key
"""
CHANGES = """
    insert into register_change (
        user_id, external_id, links, line, is_back, address, address_key, name, language)
    select u.id, own.id, own.links, l.line, own.missing_since is not null,
        coalesce(l.address, l.address_key), l.address_key, l.name, l.language
    from "user" u
    join (
        select id, key, user_id, missing_since, false as links from external_id
        where service_id = :service and user_id is not null
        union all
        select null, key, holder_id, null, true from register_new where links
        union all
        select null, null, cast(:actor as bigint), null, false
    ) as own on own.user_id = u.id
    left join register_line l on l.key = own.key
    where own.key is null or u.removed_at is null and case
        when l.line is null then u.disabled_at is null
        when l.address_key is null then false
        else own.links or own.missing_since is not null
            or u.address <> coalesce(l.address, l.address_key)
            or u.name <> l.name or u.language <> coalesce(l.language, u.language)
        end
"""
# In the order of ids, as every verb locks several people.  A row that another transaction changes
# meanwhile is read as it is once it is locked, which is safe in a statement without a join:
# CHANGES with `for update` would check it again, but not always beside its line.
LOCK = """
    with locked as (
        select * from "user" where id = any(array(select user_id from register_change))
        order by id for update
    )
    update register_change c set
        former_address = u.address, former_key = u.address_key, former_name = u.name,
        former_language = u.language, language = coalesce(c.language, u.language),
        is_disabled = u.disabled_at is not null, is_removed = u.removed_at is not null
    from locked u where u.id = c.user_id
"""
# The actor may have been removed.
REMOVED = """
    delete from register_change where is_removed and (links or external_id is not null)
"""
# The person whose address it was has changed it since.
UNLINKED = """
    delete from register_change where links and former_key <> address_key
"""
# As `User.is_administrator`; a missing one has no line.
ADMINISTRATORS = """
    delete from register_change c using user_role r, role
    where r.user_id = c.user_id and r.list_id is null and r.list_set_id is null
        and role.id = r.role_id and :right = any(role.rights)
    returning c.line
"""
# For a missing person, address_key is null.
TAKEN = """
    delete from register_change c using "user" h
    where c.address_key <> c.former_key and h.address_key = c.address_key
        and not exists (
            select from register_change m
            where m.user_id = h.id and m.address_key <> m.former_key)
    returning c.line
"""
TAKEN_BY_NEW = """
    delete from register_new n
    where not n.links and n.holder_id is not null
        and not exists (
            select from register_change m
            where m.user_id = n.holder_id and m.address_key <> m.former_key)
    returning n.line
"""
# Those of a link that was refused, whose person was removed, or that is not one any more.
LOST_LINKS = """
    delete from register_new n
    where n.links
        and not exists (select from register_change c where c.links and c.user_id = n.holder_id)
    returning n.line
"""
ENABLED = """
    select count(*) from external_id e join "user" u on u.id = e.user_id
    where e.service_id = :service and u.disabled_at is null
"""


def stage(session: Session, people: Iterable[RegisterLine]) -> Iterator[RefusedLine]:
    """Copy the lines into a temporary table; yield those that repeat an earlier one."""
    session.execute(text(TABLES))
    remaining, count, addresses = iter(people), 0, 0
    # Hashes, because two different values rarely have the same: PostgreSQL looks only if need be.
    keys_seen: set[int] = set()
    addresses_seen: set[int] = set()
    with closing(session.connection().connection.cursor()) as cursor:
        while batch := list(islice(remaining, COPY_BATCH)):
            keys_seen.update(hash(person.key) for person in batch)
            given = [hash(address_key(person.address)) for person in batch if person.address]
            addresses_seen.update(given)
            count, addresses = count + len(batch), addresses + len(given)
            rows = "".join(map(copy_row, batch)).encode()
            cursor.copy_expert("copy register_line from stdin", BytesIO(rows))
    session.execute(text("analyze register_line"))
    if len(keys_seen) < count:
        for line in session.scalars(text(REPEATED_KEYS)):
            yield RefusedLine(line, "An earlier line has this external_id.")
    if len(addresses_seen) < addresses:
        for line in session.scalars(text(REPEATED_ADDRESSES)):
            yield RefusedLine(line, "An earlier line has this address.")


def copy_row(person: RegisterLine) -> str:
    """Return the line for COPY; it has no tabs or newlines, because all of it is printable."""
    line, key, address, name, language = person
    if not address:
        return f"{line}\t{escaped(key)}\t{NULL}\t{NULL}\t{NULL}\t{NULL}\n"
    lower = address_key(address)
    written = NULL if lower == address else address
    return f"{line}\t{escaped(key)}\t{lower}\t{written}\t{escaped(name)}\t{language or NULL}\n"


def escaped(value: str) -> str:
    """Return the value as COPY reads it; an address has no backslash."""
    return value.replace("\\", r"\\") if "\\" in value else value


def match(session: Session, service: Service, *, actor: Actor) -> Iterator[RefusedLine]:
    """Find what the lines change, and lock whom they change; yield the lines that cannot be used.

    A service that acts for everyone takes a user who has the address of a new line for that person;
    one that acts only for its own people changes no administrator.
    """
    given = {
        "service": service.id,
        "links": service.acts_for is ActsFor.EVERYONE,
        "actor": actor.user.id if actor.user else None,
    }
    session.execute(text(NEW), given)
    session.execute(text("analyze register_new"))
    session.execute(text(CHANGES), given)
    session.execute(text("analyze register_change"))
    session.execute(text(LOCK))
    session.execute(text(REMOVED))
    if service.acts_for is ActsFor.OWN:
        administrators = session.scalars(text(ADMINISTRATORS), {"right": Right.EDIT_USERS.value})
        for line in filter(None, administrators):
            yield RefusedLine(line, "This person may edit users: the service cannot change them.")
    for line in taken_addresses(session):
        yield RefusedLine(line, "Another user has this address.")


def taken_addresses(session: Session) -> Iterator[int]:
    """Take out the lines whose address another user has and keeps; yield their numbers."""
    session.execute(text(UNLINKED))
    # Who does not move keeps the address that another line wants, and so on.
    while taken := session.scalars(text(TAKEN)).all():
        yield from taken
    yield from session.scalars(text(TAKEN_BY_NEW))
    yield from session.scalars(text(LOST_LINKS))


def count_enabled(session: Session, service: Service) -> int:
    """Count the people of the service who are not disabled."""
    count: int = session.scalars(text(ENABLED), {"service": service.id}).one()
    return count
