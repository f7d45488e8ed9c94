"""What a push holds, and what the last good push of the list held."""

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

# As much of a push is looked at, and stored, at once.
PART = 1 << 20  # bytes

# PostgreSQL sorts, and a file is compared with another by bytes, so both sort by bytes.
ADDRESSES = """
    copy (
        select u.address from subscription s join "user" u on u.id = s.user_id
        where s.list_id = {list_id} and u.disabled_at is null
        order by u.address collate "C"
    ) to stdout
"""


class Content(NamedTuple):
    """How many addresses a push holds, and the SHA-256 of its lines."""

    addresses: int
    digest: bytes


def read_addresses(session: Session, mailing_list: MailingList, file: FileIO) -> Content:
    """Write who is on the list now into the file: an address per line, sorted by bytes."""
    # psycopg2 writes each line by itself.
    writer = BufferedWriter(file, PART)
    # Right after an import PostgreSQL knows nothing of its size, and would look for each address by
    # itself: minutes for what takes a second.
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
    """The file from its beginning, in whole lines."""
    file.seek(0)
    while part := file.read(PART):
        yield part + file.readline()


def lines(file: FileIO) -> Iterator[bytes]:
    """The lines of the file from its beginning, each with its end."""
    for part in parts(file):
        yield from part.splitlines(keepends=True)


def keep(session: Session, list_id: int, file: FileIO) -> None:
    """Remember what this push held, instead of what the last one did."""
    session.execute(delete(PushedPart).where(PushedPart.list_id == list_id))
    for number, part in enumerate(parts(file)):
        session.execute(
            insert(PushedPart).values(
                # The quickest level: it takes a third of the time of the usual one.
                list_id=list_id,
                number=number,
                lines=zlib.compress(part, 1),
            )
        )


def kept_lines(session: Session, list_id: int) -> Iterator[bytes]:
    """The lines of the last good push."""
    stored = (
        select(PushedPart.lines).where(PushedPart.list_id == list_id).order_by(PushedPart.number)
    )
    # Asked at once and read bit by bit: what a push replaces meanwhile does not show.
    for part in session.scalars(stored.execution_options(yield_per=1)):
        yield from zlib.decompress(part).splitlines(keepends=True)


class Difference(NamedTuple):
    """An address that the next push adds, or takes away."""

    added: bool
    line: bytes


def differences(before: Iterator[bytes], after: Iterator[bytes]) -> Iterator[Difference]:
    """What two sorted pushes differ in, in their order."""
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
    """What a push would add and take away now, compared with the last good one."""
    with TemporaryFile(buffering=0) as file:
        read_addresses(session, mailing_list, file)
        yield from differences(kept_lines(session, mailing_list.id), lines(file))


def removals(session: Session, list_id: int, file: FileIO) -> int:
    """How many addresses of the last good push are not in the file."""
    found = differences(kept_lines(session, list_id), lines(file))
    return sum(not each.added for each in found)


def last_good(session: Session, list_id: int) -> Sync | None:
    """The last push that succeeded."""
    return session.scalar(
        select(Sync)
        .where(Sync.list_id == list_id, Sync.state == SyncState.DONE)
        .order_by(Sync.id.desc())
        .limit(1)
    )
