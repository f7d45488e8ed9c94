"""The outbox page: which messages a user sees, and the progress of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, or_, select, true
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from models import (
    Decision,
    Delivery,
    Dispatch,
    MailingList,
    Message,
    MessageState,
    ModerationRequest,
    Right,
    User,
    Verdict,
)
from workflows.messages.write import PRIVATE
from workflows.queries.text_search import MESSAGES, matches

# A variant is on the page of its message.
HIDDEN = (MessageState.DISCARDED, MessageState.VARIANT)


@dataclass(frozen=True)
class OutboxQuery:
    """The search terms; a message has to match all that are given."""

    words: str = ""  # of the subject or the author's name
    list_name: str = ""  # a list's short name
    state: MessageState | None = None
    only_own: bool = False


def outbox(user: User, query: OutboxQuery = OutboxQuery()) -> Select[Message]:
    """Select the user's own messages, and those of others to lists on which they have Right 605.

    The newest come first.
    """
    found = (
        select(Message)
        .join(Message.author)
        .where(Message.state.not_in(HIDDEN), matches(query.words, MESSAGES))
        .order_by(Message.id.desc())
        .options(contains_eager(Message.author), selectinload(Message.mailing_list))
    )
    if query.list_name:
        found = found.where(Message.mailing_list.has(MailingList.short_name == query.list_name))
    if query.state is not None:
        found = found.where(Message.state == query.state)
    is_own = Message.author_id == user.id
    if query.only_own or not user.may_somewhere(Right.VIEW_OUTBOX):
        return found.where(is_own)
    sees = user.may_on(Right.VIEW_OUTBOX, Message.list_id)
    return found.where(or_(is_own, and_(sees, Message.state.not_in(PRIVATE))))


def newest_messages(
    session: Session,
    *,
    mailing_list: MailingList | None = None,
    state: MessageState | None = None,
    limit: int,
) -> Sequence[Message]:
    """Return the newest messages of all authors, also deleted ones; for the operator."""
    found = select(Message).order_by(Message.id.desc()).limit(limit)
    if mailing_list is not None:
        found = found.where(Message.list_id == mailing_list.id)
    if state is not None:
        found = found.where(Message.state == state)
    return session.scalars(found).all()


@dataclass(frozen=True)
class Progress:
    """What the page shows of messages beside their rows, by message id."""

    # Of rejected messages, and of drafts that were sent back.
    answers: Mapping[int, Decision]
    dispatches: Mapping[int, Dispatch]
    tallies: Mapping[int, Mapping[str, int]]


def progress(session: Session, messages: Sequence[Message]) -> Progress:
    """Return why they came back, when they are due, and their deliveries by state.

    At most three queries, however many messages.  Finished sendouts are not counted: their own page
    shows that.
    """

    def ids(*states: MessageState) -> Sequence[int]:
        return [one.id for one in messages if one.state in states]

    return Progress(
        answers(session, ids(MessageState.REJECTED, MessageState.DRAFT)),
        dispatches(session, ids(MessageState.SCHEDULED, MessageState.SENDING)),
        tallies(session, ids(MessageState.SENDING)),
    )


def answers(session: Session, message_ids: Sequence[int]) -> Mapping[int, Decision]:
    """Return the newest decision about each message, unless it approved."""
    if not message_ids:
        return {}
    found = (
        select(ModerationRequest.message_id, Decision)
        .join(Decision, Decision.request_id == ModerationRequest.id)
        .where(ModerationRequest.message_id.in_(message_ids))
        .options(joinedload(Decision.approver), joinedload(Decision.for_whom))
        .order_by(ModerationRequest.id)
    )
    newest = {row.message_id: row.Decision for row in session.execute(found)}
    return {one: answer for one, answer in newest.items() if answer.verdict is not Verdict.APPROVED}


def dispatches(session: Session, message_ids: Sequence[int]) -> Mapping[int, Dispatch]:
    """Return the newest Dispatch of each message."""
    if not message_ids:
        return {}
    found = select(Dispatch).where(Dispatch.message_id.in_(message_ids)).order_by(Dispatch.id)
    return {dispatch.message_id: dispatch for dispatch in session.scalars(found)}


def tallies(session: Session, message_ids: Sequence[int]) -> Mapping[int, Mapping[str, int]]:
    """Return the number of deliveries in each state, by message id."""
    if not message_ids:
        return {}
    # LATERAL, per dispatch: otherwise PostgreSQL may scan the whole table of deliveries.
    theirs = (
        select(Delivery.state, func.count().label("number"))
        .where(Delivery.dispatch_id == Dispatch.id)
        .correlate(Dispatch)
        .group_by(Delivery.state)
        .lateral()
    )
    found = (
        select(Dispatch.message_id, theirs.c.state, theirs.c.number)
        .join(theirs, true())
        .where(Dispatch.message_id.in_(message_ids))
    )
    counted: dict[int, dict[str, int]] = {}
    for message_id, state, number in session.execute(found):
        counts = counted.setdefault(message_id, {})
        counts[state.value] = counts.get(state.value, 0) + number
    return counted
