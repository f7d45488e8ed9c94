"""Schedule a message, recall it before its time, stop it half-way."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Dispatch,
    DispatchState,
    IllegalTransition,
    LetterName,
    Message,
    MessageState,
    Right,
    record,
)
from models.clock import now
from workflows.access import require, require_author, require_open
from workflows.notify import notify
from workflows.sendout.rules import COLUMNS, require_time_still


def release(session: Session, message: Message, *, actor: Actor) -> Dispatch:
    """Schedule the own message without asking: for authors who have Right 601.

    Raises Trespass without that right or for somebody else's message, Archived, Invalid if its
    rules leave it no time, IllegalTransition unless it is a draft.
    """
    require_author(message, actor)
    require(actor, Right.SEND_MESSAGES, message_id=message.id, list_id=message.list_id)
    require_open(session, message.mailing_list)
    require_time_still(session, message)
    message.move(MessageState.SCHEDULED, MessageState.DRAFT)
    dispatch = schedule(
        session, message, content_hash=message.content_hash(), released_by_id=actor.person.id
    )
    record(session, Act.RELEASED, actor=actor, **message.place)
    return dispatch


def schedule(
    session: Session,
    message: Message,
    *,
    content_hash: str,
    request_id: int | None = None,
    released_by_id: int | None = None,
) -> Dispatch:
    """Have exactly this content sent when its time has come; a time that has passed is now."""
    dispatch = Dispatch(
        message=message,
        content_hash=content_hash,
        request_id=request_id,
        released_by_id=released_by_id,
        due_at=max(now(), message.send_at or now()),
    )
    session.add(dispatch)
    session.flush()
    return dispatch


def recall(session: Session, message: Message, *, actor: Actor) -> MessageState:
    """Take a scheduled message back, or stop one that is being sent; returns its new state.

    Its author may, and everybody with Right 601.  What is recalled is a draft again and its
    approval void; of what is stopped, the unsent stays unsent.
    """
    if actor.person.id != message.author_id:
        require(actor, Right.SEND_MESSAGES, message_id=message.id, list_id=message.list_id)
    dispatch = unfinished_dispatch(session, message)
    if dispatch.state is DispatchState.WAITING:
        cancel(dispatch)
        record(session, Act.RECALLED, actor=actor, **message.place)
    else:
        stop(session, dispatch, actor=actor)
    return message.state


def stop(session: Session, dispatch: Dispatch, *, actor: Actor) -> None:
    """Stop half-way: what is unsent stays unsent.  Its author is told, unless it is by the author.

    If it is the system, the content has changed.
    """
    message = dispatch.message
    dispatch.move(DispatchState.STOPPED)
    message.move(MessageState.STOPPED)
    record(session, Act.STOPPED_SENDING, actor=actor, **message.place)
    if actor.user is None or actor.user.id != message.author_id:
        who = actor.user and actor.user.name
        notify(session, [message.author], LetterName.STOPPED, message=message, stopped_by=who)


def postpone(session: Session, message: Message, send_at: datetime | None) -> None:
    """Give a scheduled message another time; raises IllegalTransition once it is being sent."""
    dispatch = unfinished_dispatch(session, message)
    if dispatch.state is not DispatchState.WAITING:
        raise IllegalTransition(
            "Message %(number)d is being sent; its time can no longer be changed.",
            number=message.id,
        )
    dispatch.postpone(max(now(), send_at or now()))


def return_to_author(session: Session, dispatch: Dispatch) -> None:
    """Do not send what is no longer what was approved: the message is a draft again."""
    message = dispatch.message
    cancel(dispatch)
    record(session, Act.RETURNED, actor=Actor.system(), **message.place)
    notify(session, [message.author], LetterName.RETURNED, message=message)


def cancel(dispatch: Dispatch) -> None:
    """Undo a schedule whose time has not come."""
    dispatch.move(DispatchState.RECALLED)
    dispatch.message.move(MessageState.DRAFT, MessageState.SCHEDULED)


def unfinished_dispatch(session: Session, message: Message) -> Dispatch:
    """The message's dispatch that waits or sends, locked; raises IllegalTransition.

    The message is read anew: of two who choose a time or rules, the second changes the first's.
    """
    dispatch = session.scalar(
        select(Dispatch)
        .where(
            Dispatch.message_id == message.id,
            Dispatch.state.in_([DispatchState.WAITING, DispatchState.SENDING]),
        )
        .with_for_update()
        # A colleague may have begun to send since this session read the row.
        .execution_options(populate_existing=True)
    )
    session.refresh(message, ["state", "send_at", *COLUMNS])
    if dispatch is None:
        raise IllegalTransition(
            "Message %(number)d is %(state)s: neither is it scheduled nor is it being sent.",
            number=message.id,
            state=message.state,
        )
    return dispatch
