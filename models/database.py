"""The engine and its sessions."""

from datetime import datetime

from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from settings import settings

engine = create_engine(
    settings.database_url.get_secret_value(),
    # Replace a pooled connection that PostgreSQL has closed, for example in a restart.
    pool_pre_ping=True,
    # A page or command must report within seconds that the database is unavailable.
    connect_args={"connect_timeout": 5, "application_name": "listgate"},
    # Otherwise an exception quotes the parameters, and addresses and texts get into a log.
    hide_parameters=True,
)

new_session = sessionmaker(engine, class_=Session, expire_on_commit=False)


def server_version(connection: Connection) -> tuple[int, int]:
    """Return PostgreSQL's major and minor version."""
    number = connection.scalars(select(func.current_setting("server_version_num"))).one()
    return divmod(int(number), 10_000)


def server_time(connection: Connection) -> datetime:
    """Return the time of PostgreSQL's clock."""
    moment: datetime = connection.scalars(select(func.clock_timestamp())).one()
    return moment
