"""The engine and its sessions."""

from sqlalchemy import create_engine
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
