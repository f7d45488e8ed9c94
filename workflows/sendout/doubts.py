"""Copies in doubt: list them, send them again, settle them, and report them when a sendout ends.

In doubt is a copy that failed or whose outcome is unknown, until a person settles it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Delivery,
    DeliveryState,
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
from workflows.access import require, require_open
from workflows.notify import administrators, notify
from workflows.sendout.rest import require_last
from workflows.sendout.schedule import lock_dispatch
from workflows.sendout.second_person import require_second_person

IN_DOUBT = (DeliveryState.FAILED, DeliveryState.UNCERTAIN)

# A sendout of which more failed than one copy in 20 is reported; any uncertain copy is.
REPORTED_SHARE = 20

# Ended sendouts that one sweep looks at, at most.
MAX_REPORTED = 100


@dataclass(frozen=True)
class Choice:
    """Which copies in doubt: of these states, and only those with these addresses or ids."""

    states: Collection[DeliveryState] = IN_DOUBT
    addresses: Collection[str] | None = None
    ids: Collection[int] | None = None


def in_doubt(message: Message, choice: Choice) -> Select[Delivery]:
    """Return the query for the chosen copies in doubt, in the order of their ids."""
    found = (
        select(Delivery)
        .join(Dispatch)
        .where(
            Dispatch.message_id == message.id,
            # Written like the partial index, or PostgreSQL would not use it.
            Delivery.state.in_(IN_DOUBT),
            Delivery.settled_at.is_(None),
            Delivery.state.in_(choice.states),
        )
        .order_by(Delivery.id)
    )
    if choice.addresses is not None:
        found = found.where(Delivery.address.in_(choice.addresses))
    if choice.ids is not None:
        found = found.where(Delivery.id.in_(choice.ids))
    return found


def doubts(
    session: Session, message: Message, choice: Choice, *, after: int = 0, limit: int, actor: Actor
) -> Sequence[Delivery]:
    """Return the chosen copies in doubt after this id; raises Trespass without Right 601."""
    require_right(message, actor)
    return session.scalars(in_doubt(message, choice).where(Delivery.id > after).limit(limit)).all()


def resend(session: Session, message: Message, choice: Choice, *, actor: Actor) -> int:
    """Send the chosen copies again, with the same Message-ID; return how many.

    Someone whose copy is uncertain may get it twice: a person decides that, never the system.
    Raises Archived, NeedsSecondPerson, IllegalTransition unless the message is being sent or was,
    or if a later one goes to the rest; Invalid as `chosen`.
    """
    require_right(message, actor)
    require_open(session, message.mailing_list)
    require_last(session, message)
    dispatch = lock_sent(session, message)
    require_second_person(session, message, dispatch)
    copies = Delivery.move_all(session, chosen(session, message, choice), DeliveryState.PENDING)
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(copies))
        .values(next_attempt_at=now(), attempts=0, claimed_at=None, failure=None)
        .execution_options(synchronize_session=False)
    )
    if dispatch.state is DispatchState.SENT:
        dispatch.move(DispatchState.SENDING, DispatchState.SENT)
        message.move(MessageState.SENDING, MessageState.SENT)
    dispatch.doubts_reported_at = None
    dispatch.postpone(now())
    record(session, Act.RESENT, actor=actor, copies=len(copies), **message.place)
    return len(copies)


def settle(session: Session, message: Message, choice: Choice, *, actor: Actor) -> int:
    """Record that nothing more is to be done about the chosen copies; return how many.

    Raises Invalid as `chosen`.
    """
    require_right(message, actor)
    copies = chosen(session, message, choice)
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(copies))
        .values(settled_at=now())
        .execution_options(synchronize_session=False)
    )
    record(session, Act.SETTLED, actor=actor, copies=len(copies), **message.place)
    return len(copies)


def require_right(message: Message, actor: Actor) -> None:
    """Raise Trespass unless the actor has Right 601."""
    require(actor, Right.SEND_MESSAGES, message_id=message.id, list_id=message.list_id)


def chosen(session: Session, message: Message, choice: Choice) -> list[int]:
    """Lock the chosen copies and return their ids.

    Raises Invalid if there is none, or if one of the addresses has none.
    """
    found = session.scalars(in_doubt(message, choice).with_for_update(of=Delivery)).all()
    missing = set(choice.addresses or ()) - {one.address for one in found}
    if missing:
        raise Invalid(
            "%(number)d of these addresses have no such copy. Nothing was done.",
            number=len(missing),
        )
    if not found:
        raise Invalid("There is no such copy. Nothing was done.")
    return [one.id for one in found]


def lock_sent(session: Session, message: Message) -> Dispatch:
    """Return the message's dispatch that is being sent or was, locked; raises IllegalTransition."""
    begun = Dispatch.state.in_([DispatchState.SENDING, DispatchState.SENT])
    dispatch = lock_dispatch(session, message, begun)
    if dispatch is None:
        raise IllegalTransition(
            "Message %(number)d is %(state)s: no copy can be sent again.",
            number=message.id,
            state=message.state,
        )
    return dispatch


def report_doubts(session: Session) -> None:
    """Write to the authors of sendouts that have ended with doubts, and to administrators."""
    ended = (
        select(Dispatch)
        .where(
            # Written like the partial index, or PostgreSQL would not use it.
            Dispatch.state.in_([DispatchState.SENT, DispatchState.STOPPED]),
            Dispatch.doubts_reported_at.is_(None),
            or_(Dispatch.state == DispatchState.SENT, Dispatch.ended_at.is_not(None)),
        )
        .order_by(Dispatch.id)
        .limit(MAX_REPORTED)
        .with_for_update(skip_locked=True)
    )
    for dispatch in session.scalars(ended):
        report(session, dispatch)


def report(session: Session, dispatch: Dispatch) -> None:
    """Write the letters about an ended sendout if they are due."""
    counts = counts_of(session, dispatch)
    if counts.get(DeliveryState.SENDING):
        return  # the sweep has not yet found out what a dead worker left of it
    dispatch.doubts_reported_at = now()
    total = sum(counts.values())
    failed, uncertain = (counts.get(state, 0) for state in IN_DOUBT)
    if uncertain or failed * REPORTED_SHARE > total:
        message = dispatch.message
        people = dict.fromkeys([message.author, *administrators(session)])
        notify(
            session,
            people,
            LetterName.DOUBTS,
            message=message,
            failed=failed,
            uncertain=uncertain,
            total=total,
        )


def counts_of(session: Session, dispatch: Dispatch) -> dict[DeliveryState, int]:
    """Return the number of copies by state, those that a person has settled as sent."""
    settled = func.count().filter(Delivery.settled_at.is_not(None))
    found = session.execute(
        select(Delivery.state, func.count(), settled)
        .where(Delivery.dispatch_id == dispatch.id)
        .group_by(Delivery.state)
    ).all()
    counts = {state: number - done for state, number, done in found}
    sent = counts.get(DeliveryState.SENT, 0) + sum(done for *_, done in found)
    return {**counts, DeliveryState.SENT: sent}
