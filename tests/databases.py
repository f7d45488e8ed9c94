"""Databases for single tests, copied from a migrated template."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.pool import NullPool

from models import schema
from settings import settings

NUMBERS = count(1)


def main_url() -> URL:
    """The database that DATABASE_URL names."""
    return make_url(settings.database_url.get_secret_value())


def order(statement: str) -> None:
    """Run a statement outside of a transaction, as CREATE DATABASE requires."""
    admin = create_engine(main_url(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
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
