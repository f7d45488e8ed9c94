"""The outbox: which messages a person sees, and how far each has come, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select, true
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
)
from workflows.messages.write import PRIVATE
from workflows.queries.text_search import MESSAGES, holds


def outbox(user: User) -> Select[Message]:
    """The own messages, and with the right to see the outbox those of others; newest first."""
    found = (
        select(Message)
        .join(Message.author)
        .where(Message.state != MessageState.DISCARDED)
        .order_by(Message.id.desc())
        .options(contains_eager(Message.author), selectinload(Message.mailing_list))
    )
    if user.may(Right.VIEW_OUTBOX):
        return found.where(or_(Message.author_id == user.id, Message.state.not_in(PRIVATE)))
    return found.where(Message.author_id == user.id)


def searched(found: Select[Message], words: str) -> Select[Message]:
    """Those of an outbox whose subject or author's name has each of the words in it."""
    return found.where(holds(words, MESSAGES))


def of_list(found: Select[Message], short_name: str) -> Select[Message]:
    """Those for this list."""
    return found.where(Message.mailing_list.has(MailingList.short_name == short_name))


@dataclass(frozen=True)
class Progress:
    """What is known of some messages besides their rows, by their ids."""

    rejections: Mapping[int, Decision]
    dispatches: Mapping[int, Dispatch]
    tallies: Mapping[int, Mapping[str, int]]


def progress(session: Session, messages: Sequence[Message]) -> Progress:
    """Why they were rejected, when they are due, how many deliveries are in which state.

    Three queries, however many messages.  Of finished sendouts nothing is counted: their own page
    tells.
    """

    def ids(*states: MessageState) -> Sequence[int]:
        return [one.id for one in messages if one.state in states]

    return Progress(
        rejections(session, ids(MessageState.REJECTED)),
        dispatches(session, ids(MessageState.SCHEDULED, MessageState.SENDING)),
        tallies(session, ids(MessageState.SENDING)),
    )


def rejections(session: Session, message_ids: Sequence[int]) -> Mapping[int, Decision]:
    """The newest decision about each of the messages."""
    found = (
        select(ModerationRequest.message_id, Decision)
        .join(Decision, Decision.request_id == ModerationRequest.id)
        .where(ModerationRequest.message_id.in_(message_ids))
        .options(joinedload(Decision.approver))
        .order_by(ModerationRequest.id)
    )
    return {row.message_id: row.Decision for row in session.execute(found)}


def dispatches(session: Session, message_ids: Sequence[int]) -> Mapping[int, Dispatch]:
    """The newest dispatch of each of the messages."""
    found = select(Dispatch).where(Dispatch.message_id.in_(message_ids)).order_by(Dispatch.id)
    return {dispatch.message_id: dispatch for dispatch in session.scalars(found)}


def tallies(session: Session, message_ids: Sequence[int]) -> Mapping[int, Mapping[str, int]]:
    """How many deliveries of each of the messages are in which state."""
    # For each dispatch by itself: else PostgreSQL may read all deliveries that there ever were.
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
