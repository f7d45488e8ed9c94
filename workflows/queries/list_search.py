"""Find mailing lists: for the overview, for the choice of a list, and for the command line."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import ListSet, MailingList, Right, Subscription, User
from workflows.moderation.asking import writable_by
from workflows.queries.text_search import LISTS, matches


def search_lists(user: User, words: str, *, archived: bool) -> Select[MailingList]:
    """Select the matching lists in use, or those in the archive, by short name.

    Only those that the user may see (Right 404).
    """
    is_archived = MailingList.archived_at.is_not(None)
    return (
        select(MailingList)
        .where(
            matches(words, LISTS),
            is_archived if archived else ~is_archived,
            user.may_on(Right.VIEW_LISTS, MailingList.id),
        )
        .options(joinedload(MailingList.approver_list))
        .order_by(MailingList.short_name)
    )


def all_lists(session: Session) -> Sequence[MailingList]:
    """Return every list, also archived ones, by short name."""
    return session.scalars(select(MailingList).order_by(MailingList.short_name)).all()


def list_choices(
    session: Session, *, archived: bool = True, writer: User | None = None
) -> list[tuple[str, str]]:
    """Return the short name and the label of each list, by name; archived ones if asked for.

    With `writer`, only of those to which this person may write.
    """
    lists = select(MailingList.short_name, MailingList.name).order_by(MailingList.name)
    if not archived:
        lists = lists.where(MailingList.archived_at.is_(None))
    if writer is not None:
        lists = lists.where(writable_by(writer))
    return [(short_name, f"{name} ({short_name})") for short_name, name in session.execute(lists)]


def list_sets_with_lists(session: Session) -> Sequence[ListSet]:
    """Return every set of lists, by name, with its lists."""
    sets = select(ListSet).options(selectinload(ListSet.lists)).order_by(ListSet.name)
    return session.scalars(sets).all()


def short_names(session: Session) -> list[tuple[int, str]]:
    """Return the id and the short name of every list, by short name."""
    lists = select(MailingList.id, MailingList.short_name).order_by(MailingList.short_name)
    return [(list_id, short_name) for list_id, short_name in session.execute(lists)]


def member_counts(
    session: Session, list_ids: Sequence[int], *, limit: int | None = None
) -> Mapping[int, int]:
    """Count the members of each list; with a limit, no further than one more than it."""
    members = (
        select(literal(1).label("one"))
        .where(Subscription.list_id == MailingList.id)
        .correlate(MailingList)
        .limit(None if limit is None else limit + 1)
        .subquery()
        .lateral()
    )
    counts = (
        select(MailingList.id, func.count(members.c.one))
        .outerjoin(members, literal(value=True))
        .where(MailingList.id.in_(list_ids))
        .group_by(MailingList.id)
    )
    return dict(session.execute(counts).all())
