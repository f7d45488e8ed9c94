"""Stage the addresses of a file in temporary tables, and match them with users."""

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

# Rows per COPY.
COPY_BATCH = 50_000

# COPY reads this as null.
NULL = r"\N"

TEMPORARY = MetaData()


def table(name: str, *columns: Column[int] | Column[str]) -> Table:
    """Return a temporary table, which is dropped at the end of the transaction."""
    return Table(name, TEMPORARY, *columns, prefixes=["temporary"], postgresql_on_commit="drop")


def lines_table(name: str) -> Table:
    """Return a table of entries; an address equal to its key, and an empty name, are null."""
    return table(
        name,
        Column("line", BigInteger),
        Column("key", Text),
        Column("address", Text),
        Column("name", Text),
    )


WRITTEN = lines_table("imported_written")  # as written in the file
NORMAL = lines_table("imported_normal")  # those of WRITTEN without a user, normalized
PEOPLE = table("imported_people", Column("user_id", BigInteger))  # matched users, with repetitions


class Tally(NamedTuple):
    """How many users the file names, and how many of them are not subscribed."""

    known: int
    joining: int


def create_tables(session: Session) -> None:
    """Create the tables, empty, even if an earlier import of this transaction left them."""
    for each in TEMPORARY.sorted_tables:
        session.execute(text(f"drop table if exists {each.name}"))
    TEMPORARY.create_all(session.connection(), checkfirst=False)


def stage(session: Session, into: Table, entries: Iterable[Entry]) -> int:
    """Copy the entries into one of the tables; return their number."""
    count, remaining = 0, iter(entries)
    with closing(session.connection().connection.cursor()) as cursor:
        while batch := list(islice(remaining, COPY_BATCH)):
            rows = "".join(map(copy_row, batch)).encode()
            cursor.copy_expert(f"copy {into.name} from stdin", BytesIO(rows))
            count += len(batch)
    return count


def copy_row(entry: Entry) -> str:
    """Return the entry as a line for COPY; an entry has no tabs or newlines (not printable)."""
    line, address, name = entry
    if "\\" in address or "\\" in name:
        address, name = address.replace("\\", r"\\"), name.replace("\\", r"\\")
    key = address_key(address)
    return f"{line}\t{key}\t{NULL if address == key else address}\t{name or NULL}\n"


def match_users(session: Session, lines: Table) -> int:
    """Add the users with these addresses to PEOPLE; return the number of lines that match."""
    found = select(User.id).join(lines, lines.c.key == User.address_key)
    known = found.where(User.removed_at.is_(None))
    return session.execute(insert(PEOPLE).from_select(["user_id"], known)).rowcount  # type: ignore[attr-defined,no-any-return]


def unmatched(session: Session, lines: Table) -> Iterator[Entry]:
    """Yield the lines whose address no user has."""
    user = select(User.id).where(User.address_key == lines.c.key, User.removed_at.is_(None))
    for line, key, address, name in session.execute(
        select(lines).where(~user.exists()).order_by(lines.c.line)
    ):
        yield Entry(line, address or key, name or "")


def count_people(session: Session, list_id: int | None) -> Tally:
    """Count the users in PEOPLE; None means a new list, which has no subscribers."""
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
