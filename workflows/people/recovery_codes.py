"""Recovery codes: ten per person, each of which replaces the second factor once."""

from collections.abc import Iterable

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models import Act, Actor, LetterName, RecoveryCode, User, record
from models.clock import now
from workflows.people.account_links import notify_owner


def replace_recovery_codes(session: Session, hashes: Iterable[str], *, actor: Actor) -> None:
    """Store the hashes of new codes; the person's old ones are void.

    The caller holds the lock of the person's credentials.
    """
    user = actor.person
    void_recovery_codes(session, user)
    session.add_all(RecoveryCode(user_id=user.id, code_hash=each) for each in hashes)
    record(session, Act.MADE_RECOVERY_CODES, actor=actor, user_id=user.id)


def use_recovery_code(session: Session, code_hash: str, *, actor: Actor) -> bool:
    """Use the person's code with this hash up, and tell them by mail; False if there is none."""
    user = actor.person
    # Of two uses at once the second waits for the first, and then finds nothing.
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == code_hash,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now())
        .returning(RecoveryCode.user_id)
    ).first()
    if used is None:
        return False
    left = recovery_codes_left(session, user)
    notify_owner(session, user, LetterName.RECOVERY_CODE_USED, left=left)
    record(session, Act.USED_RECOVERY_CODE, actor=actor, user_id=user.id, left=left)
    return True


def recovery_codes_left(session: Session, user: User) -> int:
    """Return how many of the person's codes are unused."""
    unused = RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None)
    return session.scalars(select(func.count()).select_from(RecoveryCode).where(*unused)).one()


def void_recovery_codes(session: Session, user: User) -> None:
    """Delete the person's codes."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
