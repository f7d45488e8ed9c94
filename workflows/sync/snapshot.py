"""Read a list's addresses for a push, and compare them with the last good push (snapshot, diff)."""

import zlib
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from io import BufferedWriter, FileIO
from tempfile import TemporaryFile
from typing import NamedTuple

from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from models import MailingList, PushedPart, Sync, SyncState

# Size of the parts in which a push is read and stored.
PART = 1 << 20  # bytes

# Sorted by bytes, as `differences` compares lines.
ADDRESSES = """
    copy (
        select u.address from subscription s join "user" u on u.id = s.user_id
        where s.list_id = {list_id} and s.suspended_at is null and u.disabled_at is null
        order by u.address collate "C"
    ) to stdout
"""


class Content(NamedTuple):
    """The number of addresses in a push, and the SHA-256 of its lines."""

    addresses: int
    digest: bytes


def read_addresses(session: Session, mailing_list: MailingList, file: FileIO) -> Content:
    """Write the current subscribers' addresses into the file: one per line, sorted by bytes."""
    # psycopg2 calls write() for each line.
    writer = BufferedWriter(file, PART)
    # Right after an import PostgreSQL's statistics are out of date, and it would look up each
    # address by itself, which takes minutes instead of a second.
    session.execute(text("set local enable_nestloop = off"))
    with closing(session.connection().connection.cursor()) as cursor:
        cursor.copy_expert(ADDRESSES.format(list_id=int(mailing_list.id)), writer)
    writer.flush()
    writer.detach()  # or it would close the file
    session.execute(text("set local enable_nestloop = on"))
    addresses, digest = 0, sha256()
    for part in parts(file):
        addresses += part.count(b"\n")
        digest.update(part)
    return Content(addresses, digest.digest())


def parts(file: FileIO) -> Iterator[bytes]:
    """Yield the file from its beginning, in parts of whole lines."""
    file.seek(0)
    while part := file.read(PART):
        yield part + file.readline()


def lines(file: FileIO) -> Iterator[bytes]:
    """Yield the lines of the file from its beginning, each with its newline."""
    for part in parts(file):
        yield from part.splitlines(keepends=True)


def store_snapshot(session: Session, list_id: int, file: FileIO) -> None:
    """Store the addresses of this push in place of the previous one's."""
    session.execute(delete(PushedPart).where(PushedPart.list_id == list_id))
    for number, part in enumerate(parts(file)):
        session.execute(
            insert(PushedPart).values(
                # The fastest level takes a third of the time of the default one.
                list_id=list_id,
                number=number,
                lines=zlib.compress(part, 1),
            )
        )


def stored_lines(session: Session, list_id: int) -> Iterator[bytes]:
    """Yield the lines of the last good push."""
    stored = (
        select(PushedPart.lines).where(PushedPart.list_id == list_id).order_by(PushedPart.number)
    )
    # One query, read part by part: a push that replaces the snapshot meanwhile does not show.
    for part in session.scalars(stored.execution_options(yield_per=1)):
        yield from zlib.decompress(part).splitlines(keepends=True)


class Difference(NamedTuple):
    """An address that the next push adds or removes."""

    added: bool
    line: bytes


def differences(before: Iterator[bytes], after: Iterator[bytes]) -> Iterator[Difference]:
    """Yield the differences of two sorted pushes, in their order."""
    old, new = next(before, None), next(after, None)
    while old is not None or new is not None:
        if old == new:
            old, new = next(before, None), next(after, None)
        elif new is None or (old is not None and old < new):
            assert old is not None
            yield Difference(added=False, line=old)
            old = next(before, None)
        else:
            yield Difference(added=True, line=new)
            new = next(after, None)


def difference_now(session: Session, mailing_list: MailingList) -> Iterator[Difference]:
    """Yield what a push would add and remove now, compared with the last good one."""
    with TemporaryFile(buffering=0) as file:
        read_addresses(session, mailing_list, file)
        yield from differences(stored_lines(session, mailing_list.id), lines(file))


def count_removals(session: Session, list_id: int, file: FileIO) -> int:
    """Return how many addresses of the last good push are not in the file."""
    found = differences(stored_lines(session, list_id), lines(file))
    return sum(not each.added for each in found)


def last_good(session: Session, list_id: int) -> Sync | None:
    """Return the last push that succeeded, or None."""
    return session.scalar(
        select(Sync)
        .where(Sync.list_id == list_id, Sync.state == SyncState.DONE)
        .order_by(Sync.id.desc())
        .limit(1)
    )
