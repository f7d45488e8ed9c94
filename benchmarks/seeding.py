"""Seed data for benchmarks: users and lists by the million, generated in PostgreSQL."""

from contextlib import closing
from io import BytesIO
from typing import Final

from sqlalchemy import text

from models.database import engine

PEOPLE: Final = """
    insert into "user" (address, address_key, name, language, preference, created_at)
    select address, address, 'Member ' || n, 'en', 'email', now()
    from (select n, 'member' || n || '@example.org' as address
          from generate_series(1, {count}) as n) as numbered
"""
LIST: Final = """
    with added as (
        insert into mailing_list
            (short_name, address, address_key, name, description, kind, delivery, four_eyes,
             self_service, created_at)
        values ('{name}', '{name}@example.org', '{name}@example.org', '{name}', '', 'announcement',
                'members', true, 'open', now())
        returning id
    )
    insert into subscription (list_id, user_id, since)
    select added.id, u.id, now() from added, "user" u where u.id % {every} = 0
"""
SHUFFLED: Final = 'copy (select address from "user" order by hashint8(id)) to stdout'


def seed_people(count: int) -> None:
    """Add this many users."""
    order(PEOPLE.format(count=count))


def seed_list(name: str, *, every: int) -> None:
    """Add a list with every n-th user on it; `every=1` is all of them."""
    order(LIST.format(name=name, every=every))


def settle() -> None:
    """Vacuum, analyze and checkpoint, so that the server does not do so during a measurement."""
    order("vacuum analyze")
    order("checkpoint")


def shuffled_addresses() -> bytes:
    """Return all addresses in random order, one per line."""
    file = BytesIO()
    with engine.begin() as connection, closing(connection.connection.cursor()) as cursor:
        cursor.copy_expert(SHUFFLED, file)
    return file.getvalue()


def order(statement: str) -> None:
    """Run a statement outside of a transaction, as VACUUM requires."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
