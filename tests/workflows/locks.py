"""Locks, as the database sees them: who waits for one, and who had better not."""

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.waiting import wait_for

WAITING = text(
    "select count(*) from pg_stat_activity "
    "where datname = current_database() and wait_event_type = 'Lock'"
)


def never_wait(session: Session) -> None:
    """Let a statement that would wait for a lock fail, so that the test does not hang."""
    session.execute(text("set local lock_timeout = '1s'"))


def wait_until_one_waits(own_database: Engine) -> None:
    """Return once a session waits for a lock."""

    def waiting() -> bool:
        with own_database.connect() as connection:
            return bool(connection.scalar(WAITING))

    wait_for("a session that waits for a lock", waiting)
