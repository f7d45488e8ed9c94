"""Find out what became of the batches that dead lanes left behind.

A living lane has locked the rows of its batch; those of a dead one are SENDING but not locked.  Its
last note (notes.py) says which copies were answered, and which never left; the others are in doubt.
A lane that lost its locks with PostgreSQL and is still at work records its batch itself.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, Actor, Delivery, DeliveryState, Dispatch, record
from models.clock import now
from notifications.retry import next_attempt
from workflows.sendout.note_files import LaneLives, delete_old_files
from workflows.sendout.notebook import close_note
from workflows.sendout.notes import Note
from workflows.sendout.record import SENT, Result, Untried, record_results, return_untried

# A claimed batch is locked by its lane within moments; rows that are not locked after this time
# were left behind.
CLAIM_GRACE = timedelta(seconds=10)

UNANSWERED = "the worker ended before the mail server had answered"
NO_NOTE = "the worker ended, and the note of how far it had come is lost"
NEVER_LEFT = "the worker ended before it was tried"


def settle_left_behind(session: Session, notes: Path | None = None) -> None:
    """Record what the notes of dead lanes say, and report what is in doubt.

    `notes` is the folder of their files on this machine.
    """
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.claimed_at <= now() - CLAIM_GRACE)
        .with_for_update(skip_locked=True)
    ).all()
    for dispatch_id, of_dispatch in groupby(sorted(rows, key=order), lambda row: row.dispatch_id):
        uncertain = sum(
            settle_claim(session, list(of_claim), notes)
            for _, of_claim in groupby(of_dispatch, lambda row: row.claim)
        )
        dispatch = session.get_one(Dispatch, dispatch_id)
        if uncertain:
            place = dispatch.message.place
            record(session, Act.LOST_SIGHT, actor=Actor.system(), deliveries=uncertain, **place)
        dispatch.postpone(now())
    if notes:
        delete_old_files(notes)


def order(row: Delivery) -> tuple[int, str, int]:
    return row.dispatch_id, str(row.claim), row.id


def settle_claim(session: Session, rows: Sequence[Delivery], notes: Path | None) -> int:
    """Settle one claim; return how many of its deliveries are uncertain."""
    claim = rows[0].claim
    try:
        note = close_note(claim, notes) if claim else None
    except LaneLives:
        return 0
    results = {row.id: one for row in rows if (one := result_by(note, row))}
    untried = [row.id for row in rows if row.id not in results]
    if claim is None:
        return len(Delivery.move_all(session, results, DeliveryState.UNCERTAIN))
    record_results(session, claim, results)
    claimed_at = rows[0].claimed_at or now()
    return_untried(session, rows[0].dispatch_id, claim, Untried(untried, claimed_at, NEVER_LEFT))
    return sum(one.state is DeliveryState.UNCERTAIN for one in results.values())


def result_by(note: Note | None, row: Delivery) -> Result | None:
    """Return what the note says of a delivery; None if its copy never left."""
    if note is None:
        return Result(DeliveryState.UNCERTAIN, NO_NOTE)
    if noted := note.others.get(row.id):
        state, reason = DeliveryState(noted[0]), noted[1]
        again_at = next_attempt(row.attempts) if state is DeliveryState.PENDING else None
        return Result(state, reason, again_at=again_at)
    if row.id <= note.answered:
        return SENT
    return Result(DeliveryState.UNCERTAIN, UNANSWERED) if row.id <= note.offered else None
