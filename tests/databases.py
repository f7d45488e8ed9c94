"""Databases for single tests, copied from a migrated template or emptied after the last test."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any, Final

from sqlalchemy import URL, Connection, CursorResult, Engine, create_engine, make_url, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from models import schema
from models.base import Base
from settings import settings
from tests.builders import cast

NUMBERS = count(1)

# The columns of each table that can be written, the tables in the order of their keys.
COLUMNS: Final = {
    table.name: ", ".join(f'"{column.name}"' for column in table.c if column.computed is None)
    for table in Base.metadata.sorted_tables
}
NUMBERED: Final = [
    table.name
    for table in Base.metadata.sorted_tables
    if "id" in table.c and table.c.id.identity is not None
]

# Which tables have rows.
FILLED: Final = " union all ".join(
    f"select '{name}' where exists (select from \"{name}\")" for name in COLUMNS
)
# Of which tables rows are kept.
KEPT: Final = text("select tablename from pg_tables where schemaname = :name")

# Idle sessions of the tests' own pool remain: they hold no lock, and a new one reads the catalog.
OURS: Final = "tests"
END_OTHERS: Final = text(
    "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid()"
    f" and (application_name, state) is distinct from ('{OURS}', 'idle')"
)


def main_url() -> URL:
    """The database that DATABASE_URL names."""
    return make_url(settings.database_url.get_secret_value())


@cache
def admin() -> Engine:
    """One connection to the main database, outside of transactions as CREATE DATABASE requires."""
    return create_engine(main_url(), pool_size=1, pool_pre_ping=True, isolation_level="AUTOCOMMIT")


def order(statement: str) -> None:
    """Run a statement outside of a transaction."""
    with admin().connect() as connection:
        connection.exec_driver_sql(statement)


def migrate(url: URL) -> None:
    """Apply all migrations to a database, and disconnect."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        schema.upgrade(connection)


@contextmanager
def new_database(template: str = "template0") -> Iterator[URL]:
    """Create a copy of `template` until the end of the block."""
    name = f"{main_url().database}_{next(NUMBERS)}"
    order(f'create database "{name}" template "{template}"')
    try:
        yield main_url().set(database=name)
    finally:
        order(f'drop database "{name}" with (force)')


@contextmanager
def reusable_database(template: str) -> Iterator[Engine]:
    """Create a copy of `template` that `empty` restores: a tenth of the time of a new copy.

    Its engine is for all tests: a new one would compile every statement again, and a new
    connection read the catalog again.
    """
    with new_database(template) as url:
        options = {"application_name": OURS}
        own = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=options)
        with own.begin() as connection:
            keep_rows(connection)
        yield own
        own.dispose()


def empty(own: Engine, name: str = "kept") -> None:
    """Restore the rows kept under this name, and restart the ids.

    Other sessions are ended first, except idle ones of the tests.  Without a name, the rows are
    those of the migrations.
    """
    with own.begin() as connection, _closed(own.url):
        connection.execute(END_OTHERS)
        restore_rows(connection, name)
        restart_ids(connection)


def filled_tables(connection: Connection) -> set[str]:
    """Return the names of the tables that have rows."""
    return set(prepared(connection, FILLED).scalars())


def prepared(connection: Connection, query: str) -> CursorResult[Any]:
    """Run a query about every table: to plan it takes ten times as long as to run it."""
    names: dict[str, str] = connection.info.setdefault("prepared", {})
    if query not in names:
        name = f"prepared_{len(names)}"
        connection.exec_driver_sql(f"prepare {name} as {query}")
        names[query] = name
    return connection.exec_driver_sql(f"execute {names[query]}")


def restart_ids(connection: Connection) -> None:
    """Let the ids of each table go on after the highest that is left."""
    filled = filled_tables(connection)
    after = {
        name: f'(select max(id) + 1 from "{name}")' if name in filled else "1" for name in NUMBERED
    }
    restarts = [
        f"setval(pg_get_serial_sequence('\"{name}\"', 'id'), {number}, false)"
        for name, number in after.items()
    ]
    connection.exec_driver_sql(f"select {', '.join(restarts)}")


@contextmanager
def _closed(url: URL) -> Iterator[None]:
    """Refuse new sessions: a worker with a task of an earlier test would begin one at once."""
    order(f'alter database "{url.database}" allow_connections false')
    try:
        yield
    finally:
        order(f'alter database "{url.database}" allow_connections true')


def keep_rows(connection: Connection, name: str = "kept") -> None:
    """Copy every table that has rows into a schema of this name, for `restore_rows`."""
    copies = [
        f'create table "{name}"."{table}" as table "{table}"' for table in filled_tables(connection)
    ]
    connection.exec_driver_sql("; ".join([f'create schema "{name}"', *copies]))


def keep_cast(own: Engine) -> None:
    """Add the cast, and keep the rows as "with_cast"."""
    with Session(own) as session, session.begin():
        cast(session)
        session.flush()
        keep_rows(session.connection(), "with_cast")


def restore_rows(connection: Connection, name: str = "kept") -> None:
    """Restore every row, which is much faster than a new copy of the database."""
    kept = connection.scalars(KEPT, {"name": name}).all()
    # Without triggers: that of the audit log refuses to delete anything.
    statements = ["set local session_replication_role = replica"]
    statements += [f'delete from "{table}"' for table in filled_tables(connection)]
    statements += [
        f'insert into "{table}" ({COLUMNS[table]}) overriding system value'
        f' select {COLUMNS[table]} from "{name}"."{table}"'
        for table in kept
    ]
    connection.exec_driver_sql("; ".join(statements))
