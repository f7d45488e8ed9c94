"""Addresses of a file in temporary tables, where the database finds out whose they are."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from io import BytesIO
from itertools import islice
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    MetaData,
    Table,
    Text,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.orm import Session

from models import Subscription, User
from models.addresses import address_key
from workflows.subscriptions.parse import Entry

# As many lines are given to the database at once.
LOT = 50_000

# What COPY reads as null.
NULL = r"\N"

TEMPORARY = MetaData()


def table(name: str, *columns: Column[int] | Column[str]) -> Table:
    """A table that only this connection sees, until the end of the transaction."""
    return Table(name, TEMPORARY, *columns, prefixes=["temporary"], postgresql_on_commit="drop")


def lines_table(name: str) -> Table:
    """A table of entries; an address that is its own key, and an empty name, are null."""
    return table(
        name,
        Column("line", BigInteger),
        Column("key", Text),
        Column("address", Text),
        Column("name", Text),
    )


WRITTEN = lines_table("imported_written")  # as it stands in the file
NORMAL = lines_table("imported_normal")  # what matched nobody, in its normal form
PEOPLE = table("imported_people", Column("user_id", BigInteger))  # with repetitions


class Tally(NamedTuple):
    """How many people the file names, and how many of them are not on the list."""

    known: int
    joining: int


def prepare(session: Session) -> None:
    """Have the tables there, and empty."""
    for each in TEMPORARY.sorted_tables:
        session.execute(text(f"drop table if exists {each.name}"))
    TEMPORARY.create_all(session.connection(), checkfirst=False)


def stage(session: Session, into: Table, entries: Iterable[Entry]) -> int:
    """Copy the entries into one of the tables; returns how many there are."""
    count, remaining = 0, iter(entries)
    with closing(session.connection().connection.cursor()) as cursor:
        while lot := list(islice(remaining, LOT)):
            rows = "".join(map(row, lot)).encode()
            cursor.copy_expert(f"copy {into.name} from stdin", BytesIO(rows))
            count += len(lot)
    return count


def row(entry: Entry) -> str:
    """An entry as COPY reads it; it has no tabs and line ends, because they are not printable."""
    line, address, name = entry
    if "\\" in address or "\\" in name:
        address, name = address.replace("\\", r"\\"), name.replace("\\", r"\\")
    key = address_key(address)
    return f"{line}\t{key}\t{NULL if address == key else address}\t{name or NULL}\n"


def match(session: Session, lines: Table) -> int:
    """Note whose the addresses are; returns how many lines name somebody."""
    found = select(User.id).join(lines, lines.c.key == User.address_key)
    known = found.where(User.removed_at.is_(None))
    return session.execute(insert(PEOPLE).from_select(["user_id"], known)).rowcount  # type: ignore[attr-defined,no-any-return]


def unmatched(session: Session, lines: Table) -> Iterator[Entry]:
    """The lines whose address is nobody's."""
    theirs = select(User.id).where(User.address_key == lines.c.key, User.removed_at.is_(None))
    for line, key, address, name in session.execute(
        select(lines).where(~theirs.exists()).order_by(lines.c.line)
    ):
        yield Entry(line, address or key, name or "")


def tally(session: Session, list_id: int | None) -> Tally:
    """Count the people; of a list that is not there nobody is a member."""
    people = select(PEOPLE).distinct().subquery()
    joining = func.count().filter(Subscription.user_id.is_(None))
    counted = (
        select(func.count(), joining)
        .select_from(people)
        .outerjoin(
            Subscription,
            (Subscription.list_id == list_id) & (Subscription.user_id == people.c.user_id),
        )
    )
    return Tally(*session.execute(counted).one())
