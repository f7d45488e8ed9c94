"""Import a million addresses, half of them new on the list, against what PostgreSQL needs itself.

Bare is a COPY of the same file into a table, and one INSERT … SELECT of the same subscriptions.
"""

from functools import partial
from io import BytesIO
from typing import IO, Any, Final

from sqlalchemy import text

from benchmarks.measuring import Measured, hand_in, in_turn, seconds
from models import Door
from models.database import engine
from workflows import imports, lists
from workflows.transaction import transaction

PEOPLE: Final = 1_000_000
GOAL: Final = 3.0

SEED_PEOPLE: Final = """
    insert into "user" (address, address_key, name, language, preference, created_at)
    select address, address, 'Member ' || n, 'en', 'email', now()
    from (select n, 'member' || n || '@example.org' as address
          from generate_series(1, {people}) as n) as numbered
"""
# Every second one is on the list already.
SEED_LIST: Final = """
    with added as (
        insert into mailing_list
            (short_name, address, address_key, name, description, kind, delivery, four_eyes,
             self_service, created_at)
        values ('{name}', '{name}@example.org', '{name}@example.org', '{name}', '', 'announcement',
                'members', true, 'open', now())
        returning id
    )
    insert into subscription (list_id, user_id, since)
    select added.id, u.id, now() from added, "user" u where u.id % 2 = 0
"""
BARE: Final = """
    insert into subscription (list_id, user_id, since)
    select l.id, u.id, now()
    from mailing_list l, bare b join "user" u on u.address_key = b.address
    where l.short_name = '{name}'
    on conflict do nothing
"""
SHUFFLED: Final = 'copy (select address from "user" order by hashint8(id)) to stdout'


def main() -> None:
    """Measure it, and hand it in."""
    order(SEED_PEOPLE.format(people=PEOPLE))
    order("create table bare (address text)")
    addresses = shuffled_addresses()
    ours, bare = in_turn(partial(import_into_list, addresses), partial(insert, addresses))
    hand_in(Measured(f"import of {PEOPLE:,} addresses", ours, bare, "s", GOAL))


def import_into_list(addresses: bytes, number: int) -> float:
    """Import by our verb."""
    name = half_a_list(f"ours{number}")

    def ours() -> None:
        with transaction() as session:
            mailing_list = lists.list_named(session, name)
            report = imports.check(
                session, BytesIO(addresses), mailing_list, by=None, via=Door.COMMAND_LINE
            )
            done = imports.carry_out(session, mailing_list, report, by=None, via=Door.COMMAND_LINE)
            assert (report.known, done.joined) == (PEOPLE, PEOPLE // 2)

    return seconds(ours)


def insert(addresses: bytes, number: int) -> float:
    """Do by hand what cannot be done with less."""
    name = half_a_list(f"bare{number}")
    order("truncate bare")

    def bare() -> None:
        with engine.begin() as connection:
            copy(connection.connection.cursor(), "copy bare from stdin", BytesIO(addresses))
            done = connection.execute(text(BARE.format(name=name)))
            assert done.rowcount == PEOPLE // 2

    return seconds(bare)


def half_a_list(name: str) -> str:
    """A list with half of the people, and nothing left to do for the server; returns its name."""
    order(SEED_LIST.format(name=name))
    order("vacuum analyze")
    order("checkpoint")
    return name


def shuffled_addresses() -> bytes:
    """Everybody's address, as a file that nobody has sorted."""
    file = BytesIO()
    with engine.begin() as connection:
        copy(connection.connection.cursor(), SHUFFLED, file)
    return file.getvalue()


def copy(cursor: Any, statement: str, file: IO[bytes]) -> None:
    """COPY between a file and the database."""
    cursor.copy_expert(statement, file)


def order(statement: str) -> None:
    """Run a statement, some of which PostgreSQL wants outside of any transaction."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


if __name__ == "__main__":
    main()
