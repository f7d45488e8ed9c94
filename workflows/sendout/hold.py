"""Hold all sendouts, for example after a backup was restored, and release them.

The hold is a column of the installation's row, which every worker reads before each batch.
"""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import Act, Actor, Dispatch, DispatchState, Installation, record
from models.clock import now

# Workers share this advisory lock while they send a batch, so that a hold waits for their batches.
# Its queue is fair: a batch that comes after a waiting hold waits, too.
LOCK = func.hashtext("listgate.sendouts")


def held_since(session: Session) -> datetime | None:
    """Return since when all sendouts are held, or None."""
    return session.scalar(select(Installation.sendouts_held_at))


def held_before_batch(session: Session) -> bool:
    """Return whether all sendouts are held; until the commit no hold begins."""
    session.execute(select(func.pg_advisory_xact_lock_shared(LOCK)))
    return held_since(session) is not None


def hold_sendouts(session: Session, *, actor: Actor) -> bool:
    """Hold all sendouts, and return whether they were not held; waits for the batches at work."""
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    if held_since(session) is not None:
        return False
    session.execute(update(Installation).values(sendouts_held_at=now()))
    record(session, Act.HELD_SENDOUTS, actor=actor)
    return True


def release_sendouts(session: Session, *, actor: Actor) -> bool:
    """Let sendouts send again, from the next sweep on; return whether they were held."""
    released = session.execute(
        update(Installation)
        .where(Installation.sendouts_held_at.is_not(None))
        .values(sendouts_held_at=None)
        .returning(Installation.id)
    ).all()
    if not released:
        return False
    unfinished = Dispatch.state.in_([DispatchState.WAITING, DispatchState.SENDING])
    session.execute(
        update(Dispatch)
        .where(unfinished, Dispatch.due_at <= now())
        .values(publish_after=now(), publications=0)
    )
    record(session, Act.RELEASED_SENDOUTS, actor=actor)
    return True
