"""The engine and its sessions."""

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

from settings import settings

engine = create_engine(
    settings.database_url.get_secret_value(),
    # A connection that PostgreSQL closed while it lay in the pool (a restart) is replaced.
    pool_pre_ping=True,
    # A page or command must say within seconds that the database is away.
    connect_args={"connect_timeout": 5, "application_name": "listgate"},
    # An exception would otherwise quote the parameters: addresses and texts, in a log.
    hide_parameters=True,
)

new_session = sessionmaker(engine, class_=Session, expire_on_commit=False)
