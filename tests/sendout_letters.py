"""Trigger the letters about sendouts that end early or in doubt."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Door,
    LetterName,
    MessageState,
    ModerationRequest,
    Verdict,
)
from models.clock import now
from workflows.moderation.decide import decide
from workflows.sendout.claim import begin_sending
from workflows.sendout.doubts import report_doubts
from workflows.sendout.schedule import return_to_author, stop
from workflows.sendout.variants import ask_for_winner


def trigger_sendout_letter(
    session: Session, request: ModerationRequest, letter: LetterName
) -> None:
    """Cause the end of a sendout that this letter reports; nothing for other letters."""
    causes = {LetterName.RETURNED, LetterName.STOPPED, LetterName.DOUBTS, LetterName.WINNER}
    if letter not in causes:
        return
    grace, linus = (keys.user for keys in request.approver_keys)
    decide(session, request, Verdict.APPROVED, actor=Actor(grace, Door.PORTAL))
    waiting = session.scalars(select(Dispatch).where(Dispatch.request_id == request.id)).one()
    if letter is LetterName.RETURNED:
        return_to_author(session, waiting)
    elif letter is LetterName.DOUBTS:
        end_in_doubt(session, waiting)
        report_doubts(session)
    elif letter is LetterName.WINNER:
        begin_sending(session, waiting)
        ask_for_winner(session, waiting)
    else:
        begin_sending(session, waiting)
        stop(session, waiting, actor=Actor(linus, Door.PORTAL))


def end_in_doubt(session: Session, dispatch: Dispatch) -> dict[str, Delivery]:
    """End the sendout with one failed copy, the others uncertain; return them by address."""
    begin_sending(session, dispatch)
    own = select(Delivery).where(Delivery.dispatch_id == dispatch.id).order_by(Delivery.id)
    for place, delivery in enumerate(session.scalars(own).all()):
        delivery.claimed_at = now()
        delivery.attempts = 3
        delivery.move(DeliveryState.SENDING)
        delivery.failure = None if place else "550 5.1.1 No such user"
        delivery.move(DeliveryState.UNCERTAIN if place else DeliveryState.FAILED)
    dispatch.move(DispatchState.SENT)
    dispatch.message.move(MessageState.SENT)
    session.flush()
    return {one.address: one for one in session.scalars(own)}
