"""One unit of work: commit, then publish what it asked for (models/outbox.py)."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

from models import Trespass, record_refusal
from models.database import new_session
from models.outbox import drain
from models.services import SERVICE
from workflows.outbox import publish


@contextmanager
def transaction(
    *, read_only: bool = False, connection: Connection | None = None
) -> Iterator[Session]:
    """Commit if the block succeeds, undo if it raises, then publish the outbox.

    Transactions that follow each other at once may share a `connection`.

    An attempt at what is not one's own (`Trespass`) is undone too, and put into the audit trail.
    Where it is `read_only`, PostgreSQL refuses every change, and nothing is put on record.
    """
    on = {"bind": connection} if connection else {}
    session = new_session(**on)
    try:
        with session, session.begin():
            session.info["read_only"] = read_only
            yield session
    except Trespass as refusal:
        if not read_only:
            with new_session.begin() as recording:
                recording.info[SERVICE] = session.info.get(SERVICE)
                record_refusal(recording, refusal)
        raise
    publish(drain(session))


def connect() -> Connection:
    """Return a connection for several transactions.

    One that is taken from the pool is tested first, which costs as much as a statement.
    """
    engine: Engine = new_session.kw["bind"]
    return engine.connect()


@event.listens_for(new_session, "after_begin")
def refuse_changes(session: Session, _begun: object, connection: Connection) -> None:
    """Make the transaction read only, before its first statement: no round trip without one."""
    if session.info.get("read_only"):
        connection.execute(text("set transaction read only"))
