"""Choose the variant of a split message that goes to the rest."""

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Dispatch,
    DispatchState,
    IllegalTransition,
    Invalid,
    Message,
    Refusal,
    Right,
    record,
)
from models.clock import now
from models.dispatch import RESUMABLE
from workflows.access import require_author_or
from workflows.sendout.schedule import lock_dispatch
from workflows.sendout.second_person import require_second_person

# Its variants are being sent, or were stopped, and the rest has not begun.
UNDECIDED = and_(
    or_(Dispatch.state == DispatchState.SENDING, RESUMABLE), Dispatch.rest_began_at.is_(None)
)


class WinnerChosen(Refusal):
    """Another choice was first."""


def undecided(session: Session, message: Message) -> Dispatch | None:
    """Return the message's dispatch if a person can choose the winner now."""
    if message.rest_at is None or message.winner_id is not None:
        return None
    return session.scalar(select(Dispatch).where(Dispatch.message_id == message.id, UNDECIDED))


def choose_winner(
    session: Session,
    message: Message,
    winner_id: int,
    *,
    actor: Actor,
    instead_of: int | None = None,
) -> None:
    """Choose the variant that goes to the rest, by its message number.

    The author and everyone with Right 601 may do this.  The first choice stands, unless the actor
    names it to replace it.  Raises Trespass, IllegalTransition unless the variants are being sent
    and a winner is needed, NeedsSecondPerson, Invalid for a number that is no variant,
    WinnerChosen.
    """
    require_author_or(Right.SEND_MESSAGES, message, actor)
    dispatch = lock_dispatch(session, message, UNDECIDED)
    if dispatch is None or message.rest_at is None or message.winner_id is not None:
        raise IllegalTransition(
            "No winner can be chosen for message %(number)d now.", number=message.id
        )
    require_second_person(session, message, dispatch)
    if winner_id not in {one.id for one in message.versions}:
        raise Invalid("The winner must be one of the variants.")
    if dispatch.winner_id != instead_of:
        raise WinnerChosen("Another variant was chosen meanwhile. Nothing was done.")
    dispatch.winner_id = winner_id
    if dispatch.state is DispatchState.SENDING and message.rest_at <= now():
        dispatch.postpone(now())
    variant = message.letter_of(winner_id)
    record(session, Act.CHOSE_WINNER, actor=actor, variant=variant, **message.place)
