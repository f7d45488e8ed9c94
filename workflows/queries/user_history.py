"""A user's history: the audit trail and the journal of subscriptions, merged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import attrgetter

from sqlalchemy import and_, not_, or_, select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, Change, SubscriptionChange, User, acting

# The journal has every subscription change; the audit trail has an import as one act.
FROM_JOURNAL = {Change.JOINED: Act.SUBSCRIBED, Change.LEFT: Act.UNSUBSCRIBED}


@dataclass(frozen=True)
class Position:
    """A position in the history: the oldest audit entry and the oldest change shown so far."""

    entry: int | None = None
    change: int | None = None

    def after(self, shown: Iterable[AuditEntry]) -> "Position":
        """Return the position after these entries."""
        numbers = [one.id for one in shown]
        entries = [one for one in numbers if one > 0]
        changes = [-one for one in numbers if one < 0]
        return Position(
            min(entries, default=self.entry),
            min(changes, default=self.change),
        )


def history(
    session: Session, user: User, position: Position = Position(), *, limit: int
) -> Sequence[AuditEntry]:
    """Return at most `limit` entries of what the user did and what concerned them, newest first.

    Both tables are read backwards by id, so the cost does not grow with the history.
    """
    found = merge(
        acts(session, user, before=position.entry, limit=limit),
        changes(session, user, before=position.change, limit=limit),
        key=attrgetter("at"),
        reverse=True,
    )
    return list(islice(found, limit))


def acts(session: Session, user: User, *, before: int | None, limit: int) -> Sequence[AuditEntry]:
    """Return audit entries that the journal does not have."""
    about = AuditEntry.about_id == user.id
    in_journal = and_(AuditEntry.act.in_(FROM_JOURNAL.values()), about)
    found = select(AuditEntry).where(or_(AuditEntry.actor_id == user.id, about), not_(in_journal))
    if before is not None:
        found = found.where(AuditEntry.id < before)
    return session.scalars(found.order_by(AuditEntry.id.desc()).limit(limit)).all()


def changes(
    session: Session, user: User, *, before: int | None, limit: int
) -> Sequence[AuditEntry]:
    """Return the user's subscription changes, each in the form of an audit entry."""
    found = (
        select(SubscriptionChange, User)
        .outerjoin(User, User.id == SubscriptionChange.by_id)
        .where(SubscriptionChange.user_id == user.id, SubscriptionChange.change.in_(FROM_JOURNAL))
    )
    if before is not None:
        found = found.where(SubscriptionChange.id < before)
    newest = found.order_by(SubscriptionChange.id.desc()).limit(limit)
    return [as_entry(change, by) for change, by in session.execute(newest)]


def as_entry(change: SubscriptionChange, by: User | None) -> AuditEntry:
    """Return an unsaved audit entry; its id is negative, which no saved one is."""
    return AuditEntry(
        id=-change.id,
        at=change.at,
        act=FROM_JOURNAL[change.change],
        list_id=change.list_id,
        detail={"user_id": change.user_id},
        about_id=change.user_id,
        **acting(Actor(by, change.via), change.service),
    )
