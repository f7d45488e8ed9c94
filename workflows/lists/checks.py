"""Check lists for configurations that cannot work or are probably a mistake."""

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from models import ApproverList, ListKind, MailingList, Message, Preference, Right, User
from models.lists import approver
from models.subscriptions import Subscription

# The rights to read a message that waits, and to send it.
TO_READ_AND_SEND = (Right.VIEW_OUTBOX, Right.SEND_MESSAGES)

# Names listed in one warning, at most.
MAX_NAMES = 10

Pairs = Set[tuple[int, int]]  # (list id, user id)


class Doubt(StrEnum):
    """What may be wrong; portal/wording/warning_sentences.py has the sentences."""

    NO_DESCRIPTION = "no_description"
    NO_APPROVERS = "no_approvers"
    ALL_DISABLED = "all_disabled"
    APPROVER_DISABLED = "approver_disabled"
    APPROVER_LACKS_RIGHTS = "approver_lacks_rights"
    APPROVER_SUBSCRIBED = "approver_subscribed"
    AUTHOR_SUBSCRIBED = "author_subscribed"
    ONLY_APPROVER_WRITES = "only_approver_writes"
    SMS_STOPPED = "sms_stopped"


# What adding people or assigning an approver list can cause.
ABOUT_APPROVERS = frozenset(
    {
        Doubt.APPROVER_DISABLED,
        Doubt.APPROVER_LACKS_RIGHTS,
        Doubt.APPROVER_SUBSCRIBED,
        Doubt.ONLY_APPROVER_WRITES,
        Doubt.SMS_STOPPED,
    }
)


@dataclass(frozen=True)
class Warned:
    """A doubt about a list, and the names of the people concerned."""

    doubt: Doubt
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What the checks need besides the rows of the lists."""

    subscribed: Pairs  # approvers who are subscribed
    writing: Pairs  # approvers who have written a message
    authors: dict[int, list[str]]  # of announcement lists: names of subscribed authors


def warnings_of(session: Session, mailing_lists: Sequence[MailingList]) -> dict[int, list[Warned]]:
    """Return the doubts about each of these lists by its id, in a fixed number of queries.

    Archived lists are not checked.
    """
    used = [one for one in mailing_lists if not one.archived_at]
    facts = read_facts(session, [one.id for one in used])
    found = {one.id: list(doubts(one, facts)) for one in used}
    return defaultdict(list, found)


def approver_warnings(
    session: Session, mailing_lists: Sequence[MailingList]
) -> list[tuple[MailingList, Warned]]:
    """Return the doubts about the approvers of these lists, each with its list."""
    session.flush()
    warned = warnings_of(session, mailing_lists)
    return [
        (one, each)
        for one in mailing_lists
        for each in warned[one.id]
        if each.doubt in ABOUT_APPROVERS
    ]


def read_facts(session: Session, list_ids: list[int]) -> Facts:
    """Read what the checks of these lists need."""
    # Loads the lists and their approvers, with roles, into the session.
    members = selectinload(ApproverList.members).selectinload(User.grants)
    session.scalars(
        select(MailingList)
        .where(MailingList.id.in_(list_ids))
        .options(
            selectinload(MailingList.approver_list).options(members),
            selectinload(MailingList.escalation_list).options(members),
        )
        .execution_options(populate_existing=True)
    ).all()
    return Facts(
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
    """Return (list id, user id) of approvers that have a row with these columns for their list."""
    found = (
        select(list_id, user_id)
        .join(MailingList, MailingList.id == list_id)
        .join(approver, (approver.c.user_id == user_id) & answers())
        .where(MailingList.id.in_(list_ids))
        .distinct()
    )
    return {(one, user) for one, user in session.execute(found)}


def answers() -> ColumnElement[bool]:
    """Whether the approver is on the list's approver list or escalation list."""
    return approver.c.approver_list_id.in_(
        [MailingList.approver_list_id, MailingList.escalation_list_id]
    )


def subscribed_authors(session: Session, list_ids: list[int]) -> dict[int, list[str]]:
    """Return the names of subscribed authors, of announcement lists only, by list id."""
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


def doubts(mailing_list: MailingList, facts: Facts) -> Iterator[Warned]:
    """Yield the doubts about one list."""
    if not mailing_list.description:
        yield Warned(Doubt.NO_DESCRIPTION)
    first = mailing_list.approver_list.members if mailing_list.approver_list else []
    later = mailing_list.escalation_list.members if mailing_list.escalation_list else []
    yield from doubts_about_answers(mailing_list, first, facts)
    yield from doubts_about_people(mailing_list, list(dict.fromkeys([*first, *later])), facts)
    if authors := facts.authors.get(mailing_list.id):
        yield Warned(Doubt.AUTHOR_SUBSCRIBED, tuple(authors[:MAX_NAMES]))


def doubts_about_answers(
    mailing_list: MailingList, approvers: list[User], facts: Facts
) -> Iterator[Warned]:
    """Yield doubts whether anyone can answer when a message waits."""
    able = mailing_list.approvers()
    if not approvers:
        yield Warned(Doubt.NO_APPROVERS)
    elif not able:
        yield Warned(Doubt.ALL_DISABLED)
    elif all(user.preference is Preference.SMS and user.sms_stopped_at for user in able):
        yield Warned(Doubt.SMS_STOPPED)
    alone = len(able) == 1 and not mailing_list.approvers_for(able[0])
    if alone and (mailing_list.id, able[0].id) in facts.writing:
        yield Warned(Doubt.ONLY_APPROVER_WRITES, (able[0].name,))


def doubts_about_people(
    mailing_list: MailingList, approvers: list[User], facts: Facts
) -> Iterator[Warned]:
    """Yield doubts about single approvers."""
    able = mailing_list.approvers(escalated=True)
    kinds = {
        Doubt.APPROVER_DISABLED: [user for user in approvers if user.disabled_at],
        Doubt.APPROVER_LACKS_RIGHTS: [
            user
            for user in able
            if not all(user.may(right, mailing_list.id) for right in TO_READ_AND_SEND)
        ],
        Doubt.APPROVER_SUBSCRIBED: [
            user for user in able if (mailing_list.id, user.id) in facts.subscribed
        ],
    }
    for doubt, about in kinds.items():
        if about:
            yield Warned(doubt, tuple(user.name for user in about[:MAX_NAMES]))
