"""Sessions in the portal: begin at a log-in, end at a log-out, a new password or after a year."""

from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from models import Credentials, PortalSession, User
from models.clock import now

# However often it is used; the cookie ends after 14 days without use (`portal.app`).
LONGEST_SESSION = timedelta(days=365)

# For each page; built once, because building takes as long as executing.
IN_SESSION: Final = (
    select(Credentials)
    .join(PortalSession, PortalSession.user_id == Credentials.user_id)
    .where(
        Credentials.session_stamp == bindparam("stamp"),
        PortalSession.id == bindparam("session_id"),
        PortalSession.began_at > bindparam("since"),
    )
)


def begin_session(session: Session, user: User) -> str:
    """Add a session of this person; return its id, for the cookie."""
    begun = PortalSession(user_id=user.id)
    session.add(begun)
    session.flush()
    return begun.id


def end_session(session: Session, session_id: str) -> None:
    """End this session, if there is one; the person's other sessions continue."""
    session.execute(delete(PortalSession).where(PortalSession.id == session_id))


def end_all_sessions(session: Session, user: User) -> None:
    """End every session of this person."""
    session.execute(delete(PortalSession).where(PortalSession.user_id == user.id))


def credentials_in_session(session: Session, stamp: str, session_id: str) -> Credentials | None:
    """Return the credentials with this stamp if this session of theirs goes on, or None."""
    since = now() - LONGEST_SESSION
    return session.scalar(IN_SESSION, {"stamp": stamp, "session_id": session_id, "since": since})


def forget_old_sessions(session: Session) -> None:
    """Delete sessions that began more than LONGEST_SESSION ago."""
    session.execute(delete(PortalSession).where(PortalSession.began_at <= now() - LONGEST_SESSION))
