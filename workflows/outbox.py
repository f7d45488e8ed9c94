"""The outbox: which messages a person sees, and how far each has come, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

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
from workflows.messages import PRIVATE


def outbox(user: User) -> Select[Message]:
    """The own messages, and with the right to see the outbox those of others; newest first."""
    found = (
        select(Message)
        .where(Message.state != MessageState.DISCARDED)
        .order_by(Message.id.desc())
        .options(joinedload(Message.author), joinedload(Message.mailing_list))
    )
    if user.may(Right.VIEW_OUTBOX):
        return found.where(or_(Message.author_id == user.id, Message.state.not_in(PRIVATE)))
    return found.where(Message.author_id == user.id)


def searched(found: Select[Message], words: str) -> Select[Message]:
    """Those whose subject or author's name has all the words in it."""
    for word in words.split():
        by_name = Message.author.has(User.name.icontains(word, autoescape=True))
        found = found.where(or_(Message.subject.icontains(word, autoescape=True), by_name))
    return found


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
    counted: dict[int, dict[str, int]] = {}
    found = (
        select(Dispatch.message_id, Delivery.state, func.count())
        .join(Delivery, Delivery.dispatch_id == Dispatch.id)
        .where(Dispatch.message_id.in_(message_ids))
        .group_by(Dispatch.message_id, Delivery.state)
    )
    for message_id, state, count in session.execute(found):
        counted.setdefault(message_id, {})[state.value] = count
    return counted
