"""The schema in the database: bring it to this version, and tell how far it is."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from models.base import Base

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration, for use of `connection`; migrations/env.py reads `attributes`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(connection=connection, metadata=Base.metadata)
    return config


def upgrade(connection: Connection) -> None:
    """Apply every migration that `connection`'s database has not seen yet."""
    command.upgrade(alembic_config(connection), "head")


def revisions(connection: Connection) -> tuple[str | None, str | None]:
    """The revision that the database is at, and the one that this version of Listgate needs."""
    there = MigrationContext.configure(connection).get_current_revision()
    return there, ScriptDirectory.from_config(alembic_config(connection)).get_current_head()


def differences(connection: Connection) -> list[object]:
    """What Alembic would still change to make the database what the models say."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))
