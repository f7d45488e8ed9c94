"""Two requests whose transactions overlap: neither commits before the other has read."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, local
from time import monotonic
from typing import Final

import pytest
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from models.base import Base
from models.database import engine, new_session
from tests.databases import new_database, prepared
from tests.workflows.locks import WAITING

PATIENCE: Final = 60  # seconds until a pair that hangs fails

COUNTS: Final = " union all ".join(
    f"select concat('{table.name} ', {'state' if 'state' in table.c else 'null'}), count(*)"
    f' from "{table.name}" group by 1'
    for table in Base.metadata.sorted_tables
)


class Meeting:
    """Two threads: each waits before its first commit until the other cannot go on without it."""

    def __init__(self, own_database: Engine) -> None:
        self.own_database = own_database
        self.here = local()
        self.came: set[int] = set()  # to the first commit, or to the end
        self.both_came = Event()

    def wait_for_other(self, _session: Session) -> None:
        """Return once the other one is here as well, or waits for a lock of this one."""
        if self.here.number in self.came:
            return
        self.come()
        until = monotonic() + PATIENCE
        while not self.both_came.wait(0.02) and not self.one_waits():
            assert monotonic() < until, "the other request neither commits nor waits"

    def come(self) -> None:
        """Note that this one is here."""
        self.came.add(self.here.number)
        if len(self.came) == 2:
            self.both_came.set()

    def one_waits(self) -> bool:
        """Whether a request waits for a lock."""
        with self.own_database.connect() as connection:
            return bool(connection.scalar(WAITING))

    def run(self, number: int, act: Callable[[], int]) -> int:
        """Run one of the two."""
        self.here.number = number
        try:
            return act()
        finally:
            self.come()


def both(own_database: Engine, *acts: Callable[[], int]) -> list[int]:
    """Run both acts at once; return what they return."""
    meeting = Meeting(own_database)
    with before_commit(meeting.wait_for_other), ThreadPoolExecutor(2) as pool:
        running = [pool.submit(meeting.run, number, act) for number, act in enumerate(acts)]
        return [each.result(PATIENCE) for each in running]


@contextmanager
def own_database(template: str) -> Iterator[Engine]:
    """Have all sessions use a new database, and publish nothing."""
    with new_database(template) as url:
        own = create_engine(url, hide_parameters=True)
        with used_by_all(own):
            yield own
        own.dispose()


@contextmanager
def used_by_all(own: Engine) -> Iterator[None]:
    """Have all sessions use this database, and publish nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workflows.transaction.publish", lambda _: None)
        new_session.configure(bind=own)
        yield
        new_session.configure(bind=engine)


@contextmanager
def before_commit(wait: Callable[[Session], None]) -> Iterator[None]:
    """Call `wait` before each commit."""
    event.listen(new_session, "before_commit", wait)
    try:
        yield
    finally:
        event.remove(new_session, "before_commit", wait)


def row_counts(connection: Connection) -> dict[str, int]:
    """Count the rows of each table, by state where it has one; times and ids do not count."""
    return dict(map(tuple, prepared(connection, COUNTS)))
