"""What somebody did, and what was done about them: the audit trail and the journal, as one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import attrgetter

from sqlalchemy import and_, not_, or_, select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, Change, SubscriptionChange, User, acting

# The journal knows each joining and leaving, also those of an import, which is one act.
FROM_JOURNAL = {Change.JOINED: Act.SUBSCRIBED, Change.LEFT: Act.UNSUBSCRIBED}


@dataclass(frozen=True)
class Reached:
    """How far back somebody has read: the oldest entry and the oldest change so far."""

    entry: int | None = None
    change: int | None = None

    def beyond(self, told: Iterable[AuditEntry]) -> "Reached":
        """How far back it is when these have been read, too."""
        numbers = [one.id for one in told]
        entries = [one for one in numbers if one > 0]
        changes = [-one for one in numbers if one < 0]
        return Reached(
            min(entries, default=self.entry),
            min(changes, default=self.change),
        )


def history(
    session: Session, user: User, reached: Reached = Reached(), *, limit: int
) -> Sequence[AuditEntry]:
    """So many of the things that the person did or that were done about them, newest first.

    Both are read from their ends, by their numbers: it costs the same after twenty years.
    """
    found = merge(
        acts(session, user, before=reached.entry, limit=limit),
        changes(session, user, before=reached.change, limit=limit),
        key=attrgetter("at"),
        reverse=True,
    )
    return list(islice(found, limit))


def acts(session: Session, user: User, *, before: int | None, limit: int) -> Sequence[AuditEntry]:
    """What the audit trail knows of them and the journal does not."""
    about = AuditEntry.about_id == user.id
    in_journal = and_(AuditEntry.act.in_(FROM_JOURNAL.values()), about)
    found = select(AuditEntry).where(or_(AuditEntry.actor_id == user.id, about), not_(in_journal))
    if before is not None:
        found = found.where(AuditEntry.id < before)
    return session.scalars(found.order_by(AuditEntry.id.desc()).limit(limit)).all()


def changes(
    session: Session, user: User, *, before: int | None, limit: int
) -> Sequence[AuditEntry]:
    """Their joinings and leavings, each as the entry that an act of its own would have."""
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
    """An entry that is told and not kept; no entry of the trail has a negative number."""
    return AuditEntry(
        id=-change.id,
        at=change.at,
        act=FROM_JOURNAL[change.change],
        list_id=change.list_id,
        detail={"user_id": change.user_id},
        about_id=change.user_id,
        **acting(Actor(by, change.via)),
    )
