"""Import a million addresses, half of them new on the list, compared with plain SQL.

Plain is a COPY of the same file into a table, and one INSERT … SELECT of the same subscriptions.
"""

from contextlib import closing
from functools import partial
from io import BytesIO
from typing import Final

from sqlalchemy import text

from benchmarks.measuring import in_turn, seconds
from benchmarks.results import Measured, report
from benchmarks.seeding import order, seed_list, seed_people, settle, shuffled_addresses
from models import Actor
from models.database import engine
from workflows.lists import lists
from workflows.subscriptions import imports
from workflows.transaction import transaction

PEOPLE: Final = 1_000_000
GOAL: Final = 3.0

BARE: Final = """
    insert into subscription (list_id, user_id, since)
    select l.id, u.id, now()
    from mailing_list l, bare b join "user" u on u.address_key = b.address
    where l.short_name = '{name}'
    on conflict do nothing
"""


def main() -> None:
    """Run the benchmark and report the results."""
    seed_people(PEOPLE)
    order("create table bare (address text)")
    addresses = shuffled_addresses()
    ours, bare = in_turn(partial(import_into_list, addresses), partial(insert, addresses))
    report(Measured(f"import of {PEOPLE:,} addresses", ours, bare, "s", GOAL))


def import_into_list(addresses: bytes, number: int) -> float:
    """Import by Listgate's verb."""
    name = f"ours{number}"
    seed_list(name, every=2)
    settle()

    def ours() -> None:
        with transaction() as session:
            mailing_list = lists.list_named(session, name)
            report = imports.check(
                session, BytesIO(addresses), mailing_list, actor=Actor.operator()
            )
            done = imports.import_checked(session, mailing_list, report, actor=Actor.operator())
            assert (report.known, done.joined) == (PEOPLE, PEOPLE // 2)

    return seconds(ours)


def insert(addresses: bytes, number: int) -> float:
    """Insert the same subscriptions by SQL."""
    name = f"bare{number}"
    seed_list(name, every=2)
    order("truncate bare")
    settle()

    def bare() -> None:
        with engine.begin() as connection, closing(connection.connection.cursor()) as cursor:
            cursor.copy_expert("copy bare from stdin", BytesIO(addresses))
            done = connection.execute(text(BARE.format(name=name)))
            assert done.rowcount == PEOPLE // 2

    return seconds(bare)


if __name__ == "__main__":
    main()
