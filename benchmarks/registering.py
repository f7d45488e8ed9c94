"""Bring a register of a million new people, then again with 1 % changed, compared with plain SQL.

Plain is a COPY of the same file into a table, and one MERGE into the table of users.
"""

from contextlib import closing
from functools import partial
from io import BytesIO
from random import Random
from typing import Final

from sqlalchemy import text

from benchmarks.measuring import in_turn, seconds
from benchmarks.results import Measured, report
from benchmarks.seeding import order, settle
from models import Actor, ActsFor, Door, Scope, Service
from models.database import engine
from workflows.people import register_sync
from workflows.public.people_sync import lines_of
from workflows.services.services import service_named
from workflows.transaction import transaction

PEOPLE: Final = 1_000_000
CHANGED: Final = 10_000
GOAL: Final = 3.0

BARE: Final = """
    merge into "user" u using bare b on u.address_key = b.address
    when matched and (u.name, u.language) <> (b.name, b.language)
        then update set name = b.name, language = b.language
    when not matched then insert
        (address, address_key, name, language, time_zone, preference, created_at)
        values (b.address, b.address, b.name, b.language, '', 'email', now())
"""


def main() -> None:
    """Run the benchmark and report the results."""
    order("create table bare (external_id text, address text, name text, language text)")
    ours, bare = in_turn(partial(sync, 0), partial(merge, 0))
    report(Measured(f"sync of {PEOPLE:,} new people", ours, bare, "s", GOAL))
    ours, bare = in_turn(partial(sync, CHANGED), partial(merge, CHANGED))
    report(Measured(f"the same with {CHANGED:,} changes", ours, bare, "s", GOAL))


def feed(owner: str, changed: int, number: int) -> str:
    """Return a register in random order, where so many people have a new name."""
    people = [*range(PEOPLE)]
    Random(number).shuffle(people)  # noqa: S311 (no secret)
    lines = (
        f"{n},{owner}{n}@example.org,{'Renamed' if n < changed else 'Member'} {n} {number},en\n"
        if n < changed
        else f"{n},{owner}{n}@example.org,Member {n},en\n"
        for n in people
    )
    return "external_id,address,name,language\n" + "".join(lines)


def sync(changed: int, number: int) -> float:
    """Sync by Listgate's verb; each round has people and a service of its own."""
    owner = f"ours{number}x"
    if not changed:
        with transaction() as session:
            session.add(Service(name=owner, scopes=[Scope.PEOPLE], acts_for=ActsFor.EVERYONE))
    content = feed(owner, changed, number)
    settle()

    def ours() -> None:
        with transaction() as session:
            service = service_named(session, owner)
            actor = Actor(None, Door.SERVICE, service)
            found = register_sync.read_register(session, service, lines_of(content), actor=actor)
            register_sync.require_applicable(found, max_shrink=30)
            register_sync.apply_register(session, service, found, actor=actor)
            assert (found.added, found.edited) == ((0, changed) if changed else (PEOPLE, 0))

    return seconds(ours)


def merge(changed: int, number: int) -> float:
    """Merge the same people by SQL."""
    content = feed(f"bare{number}x", changed, number).encode()
    order("truncate bare")
    settle()

    def bare() -> None:
        with engine.begin() as connection, closing(connection.connection.cursor()) as cursor:
            cursor.copy_expert("copy bare from stdin (format csv, header)", BytesIO(content))
            done = connection.execute(text(BARE))
            assert done.rowcount == (changed or PEOPLE)

    return seconds(bare)


if __name__ == "__main__":
    main()
