"""Enter, change and end absences of approvers, and note in time that one begins or ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session, joinedload

from models import Absence, Act, Actor, Invalid, MailingList, Right, Unknown, User, record
from models.answerers import is_of_list
from models.clock import now
from models.lists import approver
from models.local_time import beginning_of
from workflows.access import require
from workflows.moderation.late_approvers import ask_in_absence

DAY = timedelta(days=1)

# An absence ends within so many days; a longer one is a reason to leave the approver list.
MAX_DAYS = 730


@dataclass(frozen=True)
class Away:
    """The days of an absence in the person's zone, both included, and the deputy."""

    first: date
    last: date
    zone: ZoneInfo
    deputy: User | None = None


def set_absence(
    session: Session, user: User, away: Away, *, actor: Actor, number: int | None = None
) -> Absence:
    """Enter an absence, or change that with this `number`; a deputy is asked about open requests.

    Raises Invalid for impossible days, for those of another absence, and for a deputy who does not
    belong to one of the person's lists; Unknown; Trespass for another person without the right to
    edit users.
    """
    lock_absences(session, user, actor, deputy=away.deputy)
    require_enabled(user)
    absence = absence_of(session, user, number) if number else Absence(user=user, from_at=now())
    check_days(session, user, away, other_than=absence)
    if away.deputy is not None:
        require_possible_deputy(session, user, away.deputy)
    if away.first > today(away.zone):
        absence.from_at = beginning_of(away.first, away.zone)
    else:  # one that has begun keeps its beginning
        absence.from_at = min(absence.from_at, now())
    absence.until_at = beginning_of(away.last + DAY, away.zone)
    absence.zone, absence.deputy = away.zone.key, away.deputy
    absence.due_at = absence.from_at if absence.from_at > now() else absence.until_at
    session.add(absence)
    record(session, Act.SET_ABSENCE, actor=actor, user_id=user.id, **facts(absence))
    ask_in_absence(session, user)
    return absence


def end_absence(session: Session, user: User, number: int, *, actor: Actor) -> None:
    """End the absence now, or cancel one that has not begun; the deputy may answer no longer.

    Raises Unknown; Trespass for another person without the right to edit users.
    """
    lock_absences(session, user, actor)
    absence, moment = absence_of(session, user, number), now()
    detail = facts(absence)
    if absence.from_at < moment:
        absence.until_at, absence.due_at = moment, None
    else:
        session.delete(absence)
    record(session, Act.ENDED_ABSENCE, actor=actor, user_id=user.id, **detail)
    ask_in_absence(session, user)


def end_absences_of(session: Session, user: User) -> None:
    """End all absences of a person who was disabled or removed, and be their deputy no longer."""
    moment, ahead = now(), Absence.is_ahead()
    session.execute(delete(Absence).where(Absence.user_id == user.id, Absence.from_at >= moment))
    session.execute(
        update(Absence)
        .where(Absence.user_id == user.id, ahead)
        .values(until_at=moment, due_at=None)
    )
    # The sweep asks the other approvers: to lock requests here could deadlock with an answer.
    session.execute(
        update(Absence)
        .where(Absence.deputy_id == user.id, ahead)
        .values(deputy_id=None, due_at=moment)
    )


def note_absences(session: Session) -> None:
    """Ask about the open requests of approvers whose absence has begun or ended."""
    moment = now()
    due = (
        select(Absence)
        .where(Absence.due_at <= moment)
        .order_by(Absence.due_at)
        .with_for_update(skip_locked=True, of=Absence)
    )
    for absence in session.scalars(due).all():
        later = (at for at in (absence.from_at, absence.until_at) if at > moment)
        absence.due_at = min(later, default=None)
        ask_in_absence(session, absence.user)


def absences_ahead(session: Session, users: Sequence[User]) -> Sequence[Absence]:
    """Return the current and future absences of these users, in order, with their deputies."""
    return session.scalars(
        select(Absence)
        .where(Absence.user_id.in_([user.id for user in users]), Absence.is_ahead())
        .options(joinedload(Absence.deputy))
        .order_by(Absence.from_at)
    ).all()


def absence_of(session: Session, user: User, number: int) -> Absence:
    """Return the person's current or future absence with this number; raise Unknown."""
    ahead = select(Absence).where(
        Absence.id == number, Absence.user_id == user.id, Absence.is_ahead()
    )
    found = session.scalar(ahead.execution_options(populate_existing=True))
    if found is None:
        raise Unknown("There is no absence %(number)d.", number=number)
    return found


def lock_absences(
    session: Session, user: User, actor: Actor, *, deputy: User | None = None
) -> None:
    """Lock the person's absences against other changes, and the deputy against removal.

    Raises Trespass for another person without the right to edit users.
    """
    if actor.user is not user:
        require(actor, Right.EDIT_USERS)
    session.flush()  # a refresh would discard unwritten changes
    session.refresh(user, with_for_update={"key_share": True})
    if deputy is not None:
        session.refresh(deputy, with_for_update={"read": True, "key_share": True})


def require_enabled(user: User) -> None:
    """Raise Invalid if the user is disabled."""
    if user.disabled_at:
        raise Invalid("%(user)s is disabled and cannot answer.", user=user)


def check_days(session: Session, user: User, away: Away, *, other_than: Absence) -> None:
    """Raise Invalid for days that cannot be, and for those of another absence."""
    if away.last < away.first:
        raise Invalid("The last day is before the first day.")
    if away.last < today(away.zone):
        raise Invalid("The last day is in the past.")
    if away.last > today(away.zone) + MAX_DAYS * DAY:
        raise Invalid("An absence ends within %(days)d days.", days=MAX_DAYS)
    first = max(away.first, today(away.zone))
    overlapping = select(Absence).where(
        Absence.user_id == user.id,
        Absence.is_ahead(),
        Absence.from_at < beginning_of(away.last + DAY, away.zone),
        Absence.until_at > beginning_of(first, away.zone),
        Absence.id.is_distinct_from(other_than.id),
    )
    if found := session.scalar(overlapping.limit(1)):
        raise Invalid(
            "%(user)s is already away from %(first)s to %(last)s.",
            user=user,
            first=found.first_day,
            last=found.last_day,
        )


def require_possible_deputy(session: Session, user: User, deputy: User) -> None:
    """Raise Invalid unless the deputy belongs to a list for which the person answers."""
    if deputy == user:
        raise Invalid("A deputy is another person.")
    require_enabled(deputy)
    answers = exists().where(
        approver.c.user_id == user.id,
        approver.c.approver_list_id.in_(
            [MailingList.approver_list_id, MailingList.escalation_list_id]
        ),
    )
    common = select(MailingList.id).where(answers, is_of_list(deputy.id))
    if session.scalar(common.limit(1)) is None:
        raise no_deputy(user)


def no_deputy(user: User) -> Invalid:
    """Return the refusal of a deputy who does not belong to any of the person's lists."""
    return Invalid(
        "A deputy is a member, author or approver of a list for which %(user)s answers.", user=user
    )


def today(zone: ZoneInfo) -> date:
    """Return the date in `zone` now."""
    return now().astimezone(zone).date()


def facts(absence: Absence) -> dict[str, Any]:
    """Return the absence as `detail` of an audit entry."""
    deputy = {"deputy": absence.deputy.name} if absence.deputy else {}
    first, last = absence.first_day.isoformat(), absence.last_day.isoformat()
    return {"first": first, "last": last, **deputy}
