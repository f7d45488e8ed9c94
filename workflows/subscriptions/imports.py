"""Import a text file of addresses: subscribe every user that it names.

`check` reports what the file contains and changes nothing; `import_checked`, in the same
transaction, subscribes.  Both leave the work to PostgreSQL, in a few statements of any size.
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
from models.lists import MAX_OPEN_REQUESTS
from workflows.access import require, require_open
from workflows.lists.lists import NewList, create_list, find_list
from workflows.subscriptions import staging
from workflows.subscriptions.parse import AddressLines, Entry, Malformed
from workflows.subscriptions.staging import NORMAL, PEOPLE, match_users
from workflows.subscriptions.subscribe import subscribe_ids


class NotEverybodyKnown(Refusal):
    """Some lines name no user, and the caller has not said what to do about them."""


@dataclass(frozen=True)
class Report:
    """What a file contains: every line is counted once, repeated users as `duplicates`."""

    lines: int
    blank: int
    comments: int
    known: int
    joining: int  # the known users who are not subscribed
    unknown: list[Entry]  # the first line of each address
    malformed: list[Malformed]

    @property
    def duplicates(self) -> int:
        """How many lines name a user or address that an earlier line names."""
        named = self.lines - self.blank - self.comments - len(self.malformed)
        return named - self.known - len(self.unknown)

    @property
    def on_list(self) -> int:
        """How many of the known users are subscribed already."""
        return self.known - self.joining


class Imported(NamedTuple):
    """How many users were subscribed, and how many of them were created."""

    joined: int
    created: int


def check(
    session: Session, file: IO[bytes], mailing_list: MailingList | None, *, actor: Actor
) -> Report:
    """Report which users a file names; without a list, for one that does not exist yet.

    Raises Trespass without the right to edit lists, because the report shows who has an account.
    """
    list_id = mailing_list.id if mailing_list else None
    require(actor, Right.EDIT_LISTS, list_id=list_id)
    staging.create_tables(session)
    found = AddressLines()
    written = staging.stage(session, staging.WRITTEN, found.entries(file))
    unknown: list[Entry] = []
    # An address that matches as written needs no normalization, which is slow.
    if staging.match_users(session, staging.WRITTEN) < written:
        unmatched = staging.unmatched(session, staging.WRITTEN)
        staging.stage(session, staging.NORMAL, normalized(unmatched, found.malformed))
        staging.match_users(session, staging.NORMAL)
        unknown = first_entries(staging.unmatched(session, staging.NORMAL))
    known, joining = staging.count_people(session, list_id)
    return Report(
        found.lines,
        found.blank,
        found.comments,
        known,
        joining,
        unknown=unknown,
        malformed=sorted(found.malformed),
    )


def list_for(
    session: Session,
    short_name: str,
    address: str,
    name: str,
    *,
    max_open_requests: int = MAX_OPEN_REQUESTS,
    actor: Actor,
) -> MailingList:
    """Return the list with this address; create it if there is none."""
    if found := find_list(session, address):
        require(actor, Right.EDIT_LISTS, list_id=found.id)
        return found
    require(actor, Right.EDIT_LISTS)
    # Of two imports into the same new list, the second waits here and then finds the list.
    key = address_key(checked_address(address))
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    if found := find_list(session, address):
        return found
    new = NewList(short_name, address, name, max_open_requests=max_open_requests)
    return create_list(session, new, actor=actor)


def import_checked(
    session: Session,
    mailing_list: MailingList,
    report: Report,
    *,
    skip_unknown: bool = False,
    create_users: bool = False,
    actor: Actor,
) -> Imported:
    """Subscribe every user named in the file that was checked last in this transaction.

    Raises NotEverybodyKnown for unknown addresses that are neither created nor skipped and for
    malformed lines that are not skipped; Archived; Trespass without the right to edit lists or, to
    create users, without the right to edit users.
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
    """Create a user for each unknown address; return how many were created.

    Their name is the one before the address in the file, or the address's local part.
    """
    user, address = User.__table__.c, func.coalesce(NORMAL.c.address, NORMAL.c.key)
    user_exists = select(User.id).where(User.address_key == NORMAL.c.key).exists()
    unknown = (
        select(
            NORMAL.c.key,
            address,
            func.coalesce(NORMAL.c.name, func.split_part(address, "@", 1)),
            literal(Language.ENGLISH, user.language.type),
            literal(Preference.EMAIL, user.preference.type),
            literal(now(), user.created_at.type),
        )
        .ext(distinct_on(NORMAL.c.key))
        .where(~user_exists)
        .order_by(NORMAL.c.key, NORMAL.c.line)
    )
    columns = ["address_key", "address", "name", "language", "preference", "created_at"]
    created = (
        insert(User)
        .from_select(columns, unknown)
        # Another import may create the same users.
        .on_conflict_do_nothing()
        .returning(User.id)
        .cte("created")
    )
    count = session.scalar(select(func.count()).select_from(created)) or 0
    match_users(session, NORMAL)
    return count


def require_usable(report: Report, *, skip_unknown: bool, create_users: bool) -> None:
    """Raise NotEverybodyKnown unless the options cover every unknown and malformed line."""
    malformed = len(report.malformed)
    if report.unknown and not (skip_unknown or create_users):
        raise NotEverybodyKnown(
            "Nothing was imported; unknown addresses: %(unknown)d, lines without an address: "
            "%(malformed)d.",
            unknown=len(report.unknown),
            malformed=malformed,
        )
    if malformed and not skip_unknown:
        raise NotEverybodyKnown(
            "Nothing was imported; lines without an address: %(malformed)d.", malformed=malformed
        )


def normalized(entries: Iterator[Entry], malformed: list[Malformed]) -> Iterator[Entry]:
    """Yield the entries with normalized addresses; append invalid ones to `malformed`."""
    for entry in entries:
        try:
            yield entry._replace(address=checked_address(entry.address))
        except Invalid as reason:
            malformed.append(Malformed(entry.line, reason.sentence))


def first_entries(entries: Iterator[Entry]) -> list[Entry]:
    """Return the first entry of each address."""
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(address_key(entry.address), entry)
    return list(first.values())
