"""Put everybody on a list whom a text file of addresses names.

`check` tells what the file says and changes nothing; `carry_out`, in the same transaction, puts
people on the list.  Both leave the work to the database, in a few statements of any size.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, NamedTuple

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Invalid,
    MailingList,
    Refusal,
    Right,
    User,
    record,
)
from models.addresses import address_key, checked_address
from models.clock import now
from models.contacts import Language, Preference
from workflows.access import require, require_open
from workflows.lists.lists import NewList, create_list, find_list
from workflows.subscriptions import staging
from workflows.subscriptions.parse import AddressLines, Entry, Malformed
from workflows.subscriptions.staging import NORMAL, PEOPLE, match
from workflows.subscriptions.subscribe import subscribe_ids


class NotEverybodyKnown(Refusal):
    """Some lines name nobody, and nobody has said what to do about them."""


@dataclass(frozen=True)
class Report:
    """What a file says; every line is one of these, and a person who is named again a duplicate."""

    lines: int
    blank: int
    comments: int
    known: int
    joining: int  # those of the known who are not on the list
    unknown: list[Entry]  # the first line of each
    malformed: list[Malformed]

    @property
    def duplicates(self) -> int:
        """How many lines name somebody whom another line has named before."""
        named = self.lines - self.blank - self.comments - len(self.malformed)
        return named - self.known - len(self.unknown)

    @property
    def on_list(self) -> int:
        """How many of the known are on the list already."""
        return self.known - self.joining


class Imported(NamedTuple):
    """How many people have joined the list, and how many of them are new in the house."""

    joined: int
    created: int


def check(
    session: Session, file: IO[bytes], mailing_list: MailingList | None, *, actor: Actor
) -> Report:
    """Find out whom a file names; without a list, for one that is not there yet.

    Raises Trespass for a person who may not edit lists: the report tells who has an account.
    """
    list_id = mailing_list.id if mailing_list else None
    require(actor, Right.EDIT_LISTS, list_id=list_id)
    staging.prepare(session)
    found = AddressLines()
    written = staging.stage(session, staging.WRITTEN, found.entries(file))
    unknown: list[Entry] = []
    # Whoever is known by the address as it stands there needs no further look at it.
    if staging.match(session, staging.WRITTEN) < written:
        strangers = staging.unmatched(session, staging.WRITTEN)
        staging.stage(session, staging.NORMAL, in_normal_form(strangers, found.malformed))
        staging.match(session, staging.NORMAL)
        unknown = each_once(staging.unmatched(session, staging.NORMAL))
    known, joining = staging.tally(session, list_id)
    return Report(
        *(found.lines, found.blank, found.comments, known, joining),
        unknown=unknown,
        malformed=sorted(found.malformed),
    )


def in_normal_form(entries: Iterator[Entry], malformed: list[Malformed]) -> Iterator[Entry]:
    """The entries with their addresses in normal form; those that have none are `malformed`."""
    for entry in entries:
        try:
            yield entry._replace(address=checked_address(entry.address))
        except Invalid as reason:
            malformed.append(Malformed(entry.line, reason.sentence))


def each_once(entries: Iterator[Entry]) -> list[Entry]:
    """The first entry of each address."""
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(address_key(entry.address), entry)
    return list(first.values())


def require_usable(report: Report, *, skip_unknown: bool, create_users: bool) -> None:
    """Raise NotEverybodyKnown unless it is said what becomes of every line."""
    malformed = len(report.malformed)
    if report.unknown and not (skip_unknown or create_users):
        raise NotEverybodyKnown(
            "Nothing was imported; addresses of nobody here: %(unknown)d, lines without an "
            "address: %(malformed)d.",
            unknown=len(report.unknown),
            malformed=malformed,
        )
    if malformed and not skip_unknown:
        raise NotEverybodyKnown(
            "Nothing was imported; lines without an address: %(malformed)d.", malformed=malformed
        )


def list_for(
    session: Session, short_name: str, address: str, name: str, *, actor: Actor
) -> MailingList:
    """The list of this address, which is created if it is not there."""
    require(actor, Right.EDIT_LISTS)
    if found := find_list(session, address):
        return found
    # Of two who import into the same new list, the second one finds it when the first has ended.
    key = address_key(checked_address(address))
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    if found := find_list(session, address):
        return found
    return create_list(session, NewList(short_name, address, name), actor=actor)


def carry_out(
    session: Session,
    mailing_list: MailingList,
    report: Report,
    *,
    skip_unknown: bool = False,
    create_users: bool = False,
    actor: Actor,
) -> Imported:
    """Put everybody on the list whom the file names that was checked last in this transaction.

    Raises NotEverybodyKnown for unknown people that are neither to be created nor skipped, and for
    malformed lines that are not to be skipped; Archived; Trespass without the right to edit lists,
    or users who are to be created.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    require_open(session, mailing_list)
    require_usable(report, skip_unknown=skip_unknown, create_users=create_users)
    created = 0
    if create_users and report.unknown:
        require(actor, Right.EDIT_USERS, list_id=mailing_list.id)
        created = create_unknown_users(session)
    joined = subscribe_ids(session, mailing_list, select(PEOPLE.c.user_id), actor=actor)
    if joined or created:
        facts: dict[str, Any] = {"lines": report.lines, "joined": joined, "created": created}
        record(session, Act.IMPORTED, actor=actor, list_id=mailing_list.id, **facts)
    return Imported(joined, created)


def create_unknown_users(session: Session) -> int:
    """Create a user for each address of nobody; returns how many there are now that were not.

    They are called what is written before the address, or by its local part.
    """
    user, address = User.__table__.c, func.coalesce(NORMAL.c.address, NORMAL.c.key)
    theirs = select(User.id).where(User.address_key == NORMAL.c.key)
    strangers = (
        select(
            NORMAL.c.key,
            address,
            func.coalesce(NORMAL.c.name, func.split_part(address, "@", 1)),
            literal(Language.ENGLISH, user.language.type),
            literal(Preference.EMAIL, user.preference.type),
            literal(now(), user.created_at.type),
        )
        .ext(distinct_on(NORMAL.c.key))
        .where(~theirs.exists())
        .order_by(NORMAL.c.key, NORMAL.c.line)
    )
    columns = ["address_key", "address", "name", "language", "preference", "created_at"]
    created = (
        insert(User)
        .from_select(columns, strangers)
        # Somebody else may import the same people.
        .on_conflict_do_nothing()
        .returning(User.id)
        .cte("created")
    )
    count = session.scalar(select(func.count()).select_from(created)) or 0
    match(session, NORMAL)
    return count
