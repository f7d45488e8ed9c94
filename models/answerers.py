"""Who may answer about a message: approvers, and the deputies of those who are away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import ColumnElement, Select, bindparam, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload, object_session

from models.absences import Absence
from models.clock import now
from models.lists import MailingList, approver
from models.people import User
from models.rights import Right
from models.subscriptions import Subscription


@dataclass(frozen=True)
class Answerers:
    """The users who may answer now."""

    approvers: Sequence[User]  # in their own right, away or not
    # Each deputy, with the absence of the approver for whom they answer.
    deputies: Mapping[User, Absence] = field(default_factory=dict)
    away: frozenset[User] = frozenset()  # those of both who are away

    @property
    def everyone(self) -> list[User]:
        """The approvers, then the deputies."""
        return [*self.approvers, *self.deputies]

    @property
    def all_away(self) -> bool:
        """Whether someone may answer, but everyone who may is away."""
        return bool(self.approvers) and self.away.issuperset(self.everyone)

    @property
    def recipients(self) -> list[User]:
        """Those who get letters: those who are not away, or everyone if all are."""
        present = [user for user in self.everyone if user not in self.away]
        return present or self.everyone


def answerers(mailing_list: MailingList, author: User, *, escalated: bool = False) -> Answerers:
    """Return who may answer about a message of `author`.

    `ModerationRequest.answerable_by` is the same rule in SQL.
    """
    approvers = mailing_list.approvers_for(author, escalated=escalated)
    excluded = {*approvers, *([author] if mailing_list.excludes_author else [])}
    deputies: dict[User, Absence] = {}
    away: set[User] = set()
    session = object_session(mailing_list)
    if session is None or not approvers:
        return Answerers(approvers)
    given = {"approvers": [user.id for user in approvers], "list": mailing_list.id, "moment": now()}
    for absence, of_list, deputy_away in session.execute(absences_of_approvers(), given):
        deputy = absence.deputy
        away.add(absence.user)
        if deputy and of_list and not deputy.disabled_at and deputy not in excluded:
            deputies.setdefault(deputy, absence)
            away |= {deputy} if deputy_away else set()
    return Answerers(approvers, deputies, frozenset(away))


@cache
def absences_of_approvers() -> Select[Absence, bool, bool]:
    """Each absence at a moment, whether its deputy is of the list, and whether they are away.

    Built once: to build it takes longer than to get an answer.
    """
    moment = bindparam("moment", type_=Absence.from_at.type)
    theirs = aliased(Absence)
    deputy_is_away = exists().where(theirs.user_id == Absence.deputy_id, theirs.is_current(moment))
    of_approvers = Absence.user_id.in_(bindparam("approvers", expanding=True))
    return (
        select(Absence, is_of_list(Absence.deputy_id), deputy_is_away)
        .join(MailingList, MailingList.id == bindparam("list"))
        .where(of_approvers, Absence.is_current(moment))
        .options(joinedload(Absence.deputy))
        .order_by(Absence.id)
    )


def is_of_list(user_id: InstrumentedAttribute[int | None] | int) -> ColumnElement[bool]:
    """SQL: the user is a member or an author of the list, or on one of its two approver lists.

    The query joins MailingList.  No one else can be a deputy on it.
    """
    person = aliased(User)
    is_author = person.able(Right.WRITE_MESSAGES, MailingList.id)
    return or_(
        exists().where(Subscription.list_id == MailingList.id, Subscription.user_id == user_id),
        exists().where(
            approver.c.user_id == user_id,
            approver.c.approver_list_id.in_(
                [MailingList.approver_list_id, MailingList.escalation_list_id]
            ),
        ),
        exists().where(person.id == user_id, is_author),
    )
