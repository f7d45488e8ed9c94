"""Trigger the letters about sendouts that end early."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Dispatch, Door, LetterName, ModerationRequest, Verdict
from workflows.moderation.decide import decide
from workflows.sendout.schedule import return_to_author, stop
from workflows.sendout.send import begin_sending


def trigger_sendout_letter(
    session: Session, request: ModerationRequest, letter: LetterName
) -> None:
    """Cause the end of a sendout that this letter reports; nothing for other letters."""
    if letter not in {LetterName.RETURNED, LetterName.STOPPED}:
        return
    grace, linus = (keys.user for keys in request.approver_keys)
    decide(session, request, Verdict.APPROVED, actor=Actor(grace, Door.PORTAL))
    waiting = session.scalars(select(Dispatch).where(Dispatch.request_id == request.id)).one()
    if letter is LetterName.RETURNED:
        return_to_author(session, waiting)
    else:
        begin_sending(session, waiting)
        stop(session, waiting, actor=Actor(linus, Door.PORTAL))
