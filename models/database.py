"""The engine and its sessions."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

import psycopg2
from psycopg2.extensions import cursor
from sqlalchemy import Connection, create_engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from models.clock import follow, machine_time
from settings import settings

Method = TypeVar("Method", bound=Callable[..., Any])


def without_values(method: Method) -> Method:
    """Take the values that PostgreSQL quotes out of the errors that `method` raises.

    A message quotes addresses and numbers: `Key (phone)=(+336…) already exists.`  It would get
    into logs, the result backend and Flower.  The constraint's name is left, and the error's class.
    """

    @wraps(method)
    def quiet(*arguments: Any, **options: Any) -> Any:
        try:
            return method(*arguments, **options)
        except psycopg2.DataError as error:  # even its first line quotes the value
            error.args = (type(error).__name__,)
            raise
        except psycopg2.Error as error:
            if error.diag.message_primary:  # without DETAIL and CONTEXT
                error.args = (error.diag.message_primary,)
            raise

    return quiet  # type: ignore[return-value]


class QuietCursor(cursor):
    """A cursor whose errors quote no values."""

    execute = without_values(cursor.execute)
    executemany = without_values(cursor.executemany)
    copy_expert = without_values(cursor.copy_expert)


engine = create_engine(
    settings.database_url.get_secret_value(),
    # Replace a pooled connection that PostgreSQL has closed, for example in a restart.
    pool_pre_ping=True,
    # A page or command must report within seconds that the database is unavailable.
    connect_args={
        "connect_timeout": 5,
        "application_name": "listgate",
        "cursor_factory": QuietCursor,
    },
    # Otherwise an exception quotes the parameters, and addresses and texts get into a log.
    hide_parameters=True,
)


@event.listens_for(engine, "connect")
def follow_its_clock(connection: Any, _record: object) -> None:
    """Measure by how much this machine's clock differs from that of the database."""
    connection.autocommit = True  # so that no transaction is left open
    with connection.cursor() as cursor:
        begun = machine_time()
        cursor.execute("select clock_timestamp()")
        follow(difference(begun, cursor.fetchone()[0]))
    connection.autocommit = False


def difference(begun: datetime, database_time: datetime) -> timedelta:
    """Return by how much this machine is ahead; the question was sent when it showed `begun`."""
    return begun + (machine_time() - begun) / 2 - database_time


new_session = sessionmaker(engine, class_=Session, expire_on_commit=False)


def server_version(connection: Connection) -> tuple[int, int]:
    """Return PostgreSQL's major and minor version."""
    number = connection.scalars(select(func.current_setting("server_version_num"))).one()
    return divmod(int(number), 10_000)


def server_time(connection: Connection) -> datetime:
    """Return the time of PostgreSQL's clock."""
    moment: datetime = connection.scalars(select(func.clock_timestamp())).one()
    return moment


def machine_ahead(connection: Connection) -> timedelta:
    """Return by how much this machine's clock is ahead of PostgreSQL's; negative if behind."""
    begun = machine_time()
    return difference(begun, server_time(connection))
