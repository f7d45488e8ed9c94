"""A message to the rest: to the members who got none of the earlier messages, once those are over.

The first message and all those to its rest are counted together, so that no one gets two of them.
"""

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from models import (
    Delivery,
    DeliveryState,
    Dispatch,
    IllegalTransition,
    Invalid,
    Message,
    MessageState,
)
from models.dispatch import RESUMABLE
from models.messages import ON_THEIR_WAY
from workflows.sendout.recipients import count, family

OVER = (MessageState.SENT, MessageState.STOPPED)


def has_rest(session: Session, message: Message) -> bool:
    """Whether the message's sendout is over and left someone without a copy."""
    if message.state not in OVER:
        return False
    own = select(Delivery.id).join(Dispatch).where(Dispatch.message_id == message.id)
    # Two queries, each by its partial index: a sendout may have a million copies.
    pending = own.where(Delivery.state == DeliveryState.PENDING)
    in_doubt = own.where(
        Delivery.state.in_([DeliveryState.FAILED, DeliveryState.UNCERTAIN]),
        Delivery.settled_at.is_(None),
    )
    found = select(pending.exists() | in_doubt.exists(), select_unfinished(message).exists())
    left, unfinished = session.execute(found).one()
    return left and not unfinished


def require_rest(session: Session, message: Message) -> None:
    """Raise IllegalTransition while an earlier message may still send copies.

    Raise Invalid if everyone got one.  A message to the whole list passes.  Until the commit no
    other session can hand in a message to the same rest, or resend a copy of an earlier one.
    """
    if message.rest_of_id is None:
        return
    lock_rest(session, message)
    unfinished = session.scalar(select_unfinished(message))
    if unfinished is not None:
        raise IllegalTransition(
            "The sendout of message %(number)d is not over: it may still send copies. End it, or "
            "wait for its end.",
            number=unfinished,
        )
    if not count(session, message):
        raise Invalid(
            "Every member of the list got message %(number)d, or a later one to its rest.",
            number=message.rest_of_id,
        )


def require_last(session: Session, message: Message) -> None:
    """Raise IllegalTransition if a later message goes, or went, to those who did not get this one.

    They would get both.
    """
    lock_rest(session, message)
    later = session.scalar(
        select(Message.id).where(
            Message.id.in_(family(message)),
            Message.id > message.id,
            Message.state.in_([*ON_THEIR_WAY, *OVER]),
        )
    )
    if later is not None:
        raise IllegalTransition(
            "Message %(later)d goes to those who did not get message %(number)d: no copy of this "
            "can be sent again.",
            later=later,
            number=message.id,
        )


def lock_rest(session: Session, message: Message) -> None:
    """Wait for other sessions that hand in or resend one of these messages.

    Not by a row lock: workers lock a Dispatch before its Message.
    """
    first = message.rest_of_id or message.id
    session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"listgate.rest.{first}", 0)))
    )


def select_unfinished(message: Message) -> Select[int]:
    """Return the query for the number of the message, or an earlier one, that may send copies."""
    own = Dispatch.message_id == Message.id
    sending = select(Delivery).join(Dispatch).where(own, Delivery.state == DeliveryState.SENDING)
    unfinished = or_(
        Message.state.in_(ON_THEIR_WAY),
        select(Dispatch).where(own, RESUMABLE).exists(),
        sending.exists(),  # the sweep has not yet found out what a dead worker left of it
    )
    return select(Message.id).where(Message.id.in_(family(message)), unfinished).limit(1)
