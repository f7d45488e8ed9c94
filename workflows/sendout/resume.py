"""Resume a stopped sendout where it stands, or end it for good."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Dispatch,
    DispatchState,
    IllegalTransition,
    Message,
    MessageState,
    Right,
    record,
)
from models.clock import now
from models.dispatch import RESUMABLE
from workflows.access import require, require_author_or, require_open
from workflows.sendout.schedule import lock_dispatch
from workflows.sendout.second_person import require_second_person


def resume(session: Session, message: Message, *, actor: Actor) -> None:
    """Send the copies that were not sent yet.

    Everyone with Right 601 may do this, and an author who stopped the sendout themselves.  Raises
    Archived, NeedsSecondPerson, IllegalTransition unless it is stopped, not ended, and its content
    is as approved.
    """
    require_author_or(Right.SEND_MESSAGES, message, actor)
    dispatch = lock_stopped(session, message)
    if dispatch.stopped_by_id != message.author_id:
        require(actor, Right.SEND_MESSAGES, **message.place)
    require_open(session, message.mailing_list)
    require_second_person(session, message, dispatch)
    if message.content_hash() != dispatch.content_hash:
        raise IllegalTransition(
            "The content of message %(number)d is not what was approved: it cannot be resumed.",
            number=message.id,
        )
    dispatch.move(DispatchState.SENDING, DispatchState.STOPPED)
    message.move(MessageState.SENDING, MessageState.STOPPED)
    dispatch.stopped_by_id = dispatch.doubts_reported_at = None
    dispatch.postpone(now())
    record(session, Act.RESUMED_SENDING, actor=actor, **message.place)


def end(session: Session, message: Message, *, actor: Actor) -> None:
    """End a stopped sendout: it can no longer be resumed.

    Its author and everyone with Right 601 may do this.  Raises IllegalTransition as `lock_stopped`.
    """
    require_author_or(Right.SEND_MESSAGES, message, actor)
    dispatch = lock_stopped(session, message)
    dispatch.ended_at = now()
    record(session, Act.ENDED_SENDOUT, actor=actor, **message.place)


def lock_stopped(session: Session, message: Message) -> Dispatch:
    """Return the message's stopped dispatch, locked; raises IllegalTransition if it was ended."""
    dispatch = lock_dispatch(session, message, RESUMABLE)
    if dispatch is None:
        raise IllegalTransition(
            "Message %(number)d is %(state)s: its sendout can be neither resumed nor ended.",
            number=message.id,
            state=message.state,
        )
    return dispatch


def can_be_resumed(session: Session, message: Message) -> bool:
    """Whether the sendout is stopped and was not ended."""
    found = select(Dispatch.id).where(Dispatch.message_id == message.id, RESUMABLE)
    return session.scalar(found) is not None
