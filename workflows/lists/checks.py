"""Where a list's set-up is hard to follow or cannot work: found, and told, before it hurts."""

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from models import ApproverList, ListKind, MailingList, Message, Preference, Right, User
from models.lists import approver
from models.subscriptions import Subscription

# What it takes to read what waits, and to send it.
TO_READ_AND_SEND = (Right.VIEW_OUTBOX, Right.SEND_MESSAGES)

# So many authors of one list are named.
NAMED = 10

Pairs = Set[tuple[int, int]]  # of a list's and a user's number


class Doubt(StrEnum):
    """What may be wrong; portal/lists/doubts.py has the sentences."""

    NO_DESCRIPTION = "no_description"
    NO_APPROVERS = "no_approvers"
    ALL_DISABLED = "all_disabled"
    APPROVER_DISABLED = "approver_disabled"
    APPROVER_LACKS_RIGHTS = "approver_lacks_rights"
    APPROVER_SUBSCRIBED = "approver_subscribed"
    AUTHOR_SUBSCRIBED = "author_subscribed"
    ONLY_APPROVER_WRITES = "only_approver_writes"
    SMS_STOPPED = "sms_stopped"


@dataclass(frozen=True)
class Warned:
    """A doubt about a list, and the names of the people it is about."""

    doubt: Doubt
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """What is known of some lists besides their own rows."""

    subscribed: Pairs  # approvers who are members
    writing: Pairs  # approvers who have written
    authors: dict[int, list[str]]  # of announcement lists: the names of authors who are members


def warnings_of(session: Session, mailing_lists: Sequence[MailingList]) -> dict[int, list[Warned]]:
    """The doubts about each of these lists, by its number, in as many queries for one as for fifty.

    An archived list has none.
    """
    used = [one for one in mailing_lists if not one.archived_at]
    known = known_of(session, [one.id for one in used])
    found = {one.id: list(doubts(one, known)) for one in used}
    return defaultdict(list, found)


def known_of(session: Session, list_ids: list[int]) -> Known:
    """Read what the doubts about these lists are judged by."""
    # Into the session's memory: the lists and their approvers, with roles.
    members = selectinload(ApproverList.members).selectinload(User.roles)
    session.scalars(
        select(MailingList)
        .where(MailingList.id.in_(list_ids))
        .options(
            selectinload(MailingList.approver_list).options(members),
            selectinload(MailingList.escalation_list).options(members),
        )
        .execution_options(populate_existing=True)
    ).all()
    return Known(
        pairs(session, list_ids, Subscription.list_id, Subscription.user_id),
        pairs(session, list_ids, Message.list_id, Message.author_id),
        subscribed_authors(session, list_ids),
    )


def pairs(
    session: Session,
    list_ids: list[int],
    list_id: InstrumentedAttribute[int],
    user_id: InstrumentedAttribute[int],
) -> Pairs:
    """Which approvers of these lists have a row of this kind for the list."""
    found = (
        select(list_id, user_id)
        .join(MailingList, MailingList.id == list_id)
        .join(approver, (approver.c.user_id == user_id) & answers())
        .where(MailingList.id.in_(list_ids))
        .distinct()
    )
    return {(one, user) for one, user in session.execute(found)}


def answers() -> ColumnElement[bool]:
    """Whether the approver answers for the list, at once or when others have not."""
    return approver.c.approver_list_id.in_(
        [MailingList.approver_list_id, MailingList.escalation_list_id]
    )


def subscribed_authors(session: Session, list_ids: list[int]) -> dict[int, list[str]]:
    """Who has written to an announcement list and is on it; on a discussion list all do."""
    found = (
        select(Message.list_id, User.name)
        .join(MailingList, MailingList.id == Message.list_id)
        .join(User, User.id == Message.author_id)
        .join(
            Subscription,
            (Subscription.list_id == Message.list_id) & (Subscription.user_id == User.id),
        )
        .where(Message.list_id.in_(list_ids), MailingList.kind == ListKind.ANNOUNCEMENT)
        .distinct()
        .order_by(User.name)
    )
    named: dict[int, list[str]] = defaultdict(list)
    for list_id, name in session.execute(found):
        named[list_id].append(name)
    return named


def doubts(mailing_list: MailingList, known: Known) -> Iterator[Warned]:
    """What may be wrong with one list."""
    if not mailing_list.description:
        yield Warned(Doubt.NO_DESCRIPTION)
    first = mailing_list.approver_list.members if mailing_list.approver_list else []
    later = mailing_list.escalation_list.members if mailing_list.escalation_list else []
    yield from doubts_about_answers(mailing_list, first, known)
    yield from doubts_about_people(mailing_list, list(dict.fromkeys([*first, *later])), known)
    if authors := known.authors.get(mailing_list.id):
        yield Warned(Doubt.AUTHOR_SUBSCRIBED, tuple(authors[:NAMED]))


def doubts_about_answers(
    mailing_list: MailingList, approvers: list[User], known: Known
) -> Iterator[Warned]:
    """Whether anybody can answer when a message waits."""
    able = mailing_list.approvers()
    if not approvers:
        yield Warned(Doubt.NO_APPROVERS)
    elif not able:
        yield Warned(Doubt.ALL_DISABLED)
    elif all(user.preference is Preference.SMS and user.sms_stopped_at for user in able):
        yield Warned(Doubt.SMS_STOPPED)
    alone = len(able) == 1 and not mailing_list.approvers_for(able[0])
    if alone and (mailing_list.id, able[0].id) in known.writing:
        yield Warned(Doubt.ONLY_APPROVER_WRITES, (able[0].name,))


def doubts_about_people(
    mailing_list: MailingList, approvers: list[User], known: Known
) -> Iterator[Warned]:
    """Whether each of the approvers is one who should be asked."""
    able = mailing_list.approvers(escalated=True)
    kinds = {
        Doubt.APPROVER_DISABLED: [user for user in approvers if user.disabled_at],
        Doubt.APPROVER_LACKS_RIGHTS: [
            user for user in able if not all(map(user.may, TO_READ_AND_SEND))
        ],
        Doubt.APPROVER_SUBSCRIBED: [
            user for user in able if (mailing_list.id, user.id) in known.subscribed
        ],
    }
    for doubt, about in kinds.items():
        if about:
            yield Warned(doubt, tuple(user.name for user in about[:NAMED]))
