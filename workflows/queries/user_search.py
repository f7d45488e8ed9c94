"""Find people: for the search page, for the command line, and to put on an approver list."""

from collections.abc import Sequence

from sqlalchemy import Select, func, not_, select
from sqlalchemy.orm import Session, selectinload

from models import ApproverList, Grant, MailingList, Right, Role, User
from workflows.queries.text_search import PEOPLE, matches

STATUSES = {
    "active": User.disabled_at.is_(None),
    "disabled": User.disabled_at.is_not(None) & User.removed_at.is_(None),
    "removed": User.removed_at.is_not(None),
}


def search_users(words: str, *, status: str = "", role: str = "") -> Select[User]:
    """Select the matching people by name; an unknown status means all who were not removed.

    `role` is one that they have anywhere.
    """
    people = select(User).where(
        STATUSES.get(status, User.removed_at.is_(None)), matches(words, PEOPLE)
    )
    if role:
        named = Grant.role.has(Role.name == role.replace("\0", ""))
        people = people.where(User.grants.any(named))
    return people.options(selectinload(User.grants)).order_by(func.lower(User.name), User.id)


def all_users(session: Session) -> Sequence[User]:
    """Return everyone by name, also those who were removed."""
    return session.scalars(select(User).order_by(User.name, User.id)).all()


def owners_of(session: Session, mailing_list: MailingList) -> Sequence[User]:
    """Return who may edit this list and not all of them, by name."""
    may_edit = User.able_on_list(Right.EDIT_LISTS, mailing_list.id)
    theirs = select(User).where(may_edit, not_(User.able(Right.EDIT_LISTS)))
    return session.scalars(theirs.order_by(User.name, User.id)).all()


def approver_candidates(
    session: Session, approver_list: ApproverList, words: str, *, limit: int
) -> Sequence[User]:
    """Return matching people who are enabled and not yet on the approver list."""
    members = [user.id for user in approver_list.members]
    return session.scalars(
        select(User)
        .where(User.disabled_at.is_(None), User.id.not_in(members), matches(words, PEOPLE))
        .order_by(User.name, User.id)
        .limit(limit)
    ).all()
