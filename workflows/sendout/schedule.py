"""Schedule a message, reschedule it, recall it before its time, or stop it half-way."""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Dispatch,
    DispatchState,
    IllegalTransition,
    Invalid,
    LetterName,
    Message,
    MessageState,
    Right,
    record,
)
from models.clock import now
from notifications.mime.list_mail import has_personal_copies
from notifications.mime.parse import read
from notifications.replies.html import text_of_html
from workflows.access import require, require_author, require_author_or, require_open
from workflows.notify import notify
from workflows.sendout.rest import require_rest
from workflows.sendout.rules import RULE_COLUMNS, lock_and_require_overlap
from workflows.sendout.second_person import require_second_person, require_sends_alone


def release(session: Session, message: Message, *, actor: Actor) -> Dispatch:
    """Schedule one's own message without approval, with Right 601.

    Raises Trespass without that right or for another author's message, NeedsSecondPerson, Archived,
    Invalid if it is empty or its window does not overlap the list's, IllegalTransition unless it is
    a draft.
    """
    require_author(message, actor)
    require(actor, Right.SEND_MESSAGES, message_id=message.id, list_id=message.list_id)
    require_sends_alone(message.mailing_list)
    require_open(session, message.mailing_list)
    lock_and_require_overlap(session, message)
    require_content(session, message)
    require_rest(session, message)
    message.move(MessageState.SCHEDULED, MessageState.DRAFT)
    dispatch = schedule(
        session, message, content_hash=message.content_hash(), released_by_id=actor.person.id
    )
    record(session, Act.RELEASED, actor=actor, **message.place)
    return dispatch


def require_content(session: Session, message: Message) -> None:
    """Raise Invalid for a message without subject, text and attachment, which only a draft may be.

    Also for personal fields, if all copies are identical.  The caller has locked the message:
    another session may have rewritten it since it was read.
    """
    session.refresh(message, ["subject", "raw", "personal_fields"])
    if message.personal_fields and not has_personal_copies(message.mailing_list):
        raise Invalid(
            "All copies of a message to the list %(list)s are identical: it can have no personal "
            "fields.",
            list=message.mailing_list,
        )
    if message.subject or message.state is not MessageState.DRAFT:
        return
    mail = read(message.raw, limit=len(message.raw))
    shown = (mail.text or "").strip() or text_of_html(mail.html or "").strip()
    if not shown and not mail.attachments and not has_image(mail.html or ""):
        raise Invalid("The message is empty: it has no subject, no text and no attachment.")


def has_image(html: str) -> bool:
    """Whether the HTML shows an image, which may be all that a message says."""
    return "<img" in html.lower()


def schedule(
    session: Session,
    message: Message,
    *,
    content_hash: str,
    request_id: int | None = None,
    released_by_id: int | None = None,
) -> Dispatch:
    """Create the Dispatch, which sends exactly this content at the message's time, or now."""
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


def set_time(session: Session, message: Message, send_at: datetime | None) -> None:
    """Set another time for a scheduled message.

    Raises IllegalTransition once it is being sent, and NeedsSecondPerson.
    """
    dispatch = unfinished_dispatch(session, message)
    if dispatch.state is not DispatchState.WAITING:
        raise IllegalTransition(
            "Message %(number)d is being sent; its time can no longer be changed.",
            number=message.id,
        )
    require_second_person(session, message, dispatch)
    dispatch.postpone(max(now(), send_at or now()))


def recall(session: Session, message: Message, *, actor: Actor) -> MessageState:
    """Recall a scheduled message, or stop one that is being sent; return its new state.

    Its author and everyone with Right 601 may do this.  A recalled message is a draft again and its
    approval is void; of a stopped one, the rest is not sent unless `resume` continues it.
    """
    require_author_or(Right.SEND_MESSAGES, message, actor)
    dispatch = unfinished_dispatch(session, message)
    if dispatch.state is DispatchState.WAITING:
        cancel(dispatch)
        record(session, Act.RECALLED, actor=actor, **message.place)
    else:
        stop(session, dispatch, actor=actor)
    return message.state


def stop(session: Session, dispatch: Dispatch, *, actor: Actor) -> None:
    """Stop a sendout half-way; notify the author unless they stopped it.

    The system stops it if the content was changed, for good.
    """
    message = dispatch.message
    dispatch.move(DispatchState.STOPPED)
    dispatch.stopped_by_id = actor.user.id if actor.user else None
    dispatch.ended_at = None if actor.user else now()
    message.move(MessageState.STOPPED)
    record(session, Act.STOPPED_SENDING, actor=actor, **message.place)
    if actor.user is None or actor.user.id != message.author_id:
        who = actor.user and actor.user.name
        notify(session, [message.author], LetterName.STOPPED, message=message, stopped_by=who)


def return_to_author(session: Session, dispatch: Dispatch) -> None:
    """Return a message whose content is no longer the approved one to its author, as a draft."""
    message = dispatch.message
    cancel(dispatch)
    record(session, Act.RETURNED, actor=Actor.system(), **message.place)
    notify(session, [message.author], LetterName.RETURNED, message=message)


def cancel(dispatch: Dispatch) -> None:
    """Recall a dispatch that waits; its message is a draft again."""
    dispatch.move(DispatchState.RECALLED)
    dispatch.message.move(MessageState.DRAFT, MessageState.SCHEDULED)


def unfinished_dispatch(session: Session, message: Message) -> Dispatch:
    """Return the message's waiting or sending dispatch, locked; raises IllegalTransition.

    The message's time and rules are refreshed, too.
    """
    unfinished = Dispatch.state.in_([DispatchState.WAITING, DispatchState.SENDING])
    dispatch = lock_dispatch(session, message, unfinished)
    session.refresh(message, ["send_at", *RULE_COLUMNS])
    if dispatch is None:
        raise IllegalTransition(
            "Message %(number)d is %(state)s: it is neither scheduled nor being sent.",
            number=message.id,
            state=message.state,
        )
    return dispatch


def lock_dispatch(
    session: Session, message: Message, condition: ColumnElement[bool]
) -> Dispatch | None:
    """Return the message's dispatch that meets the condition, locked, or None.

    Both are read again: a worker, or another person, may have changed them since this session did.
    """
    dispatch = session.scalar(
        select(Dispatch)
        .where(Dispatch.message_id == message.id, condition)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    session.refresh(message, ["state"])
    return dispatch
