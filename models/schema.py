"""The database schema: upgrade it, and compare it with this version."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select

from models.base import Base
from models.installation import Installation

MIGRATIONS = Path(__file__).parent.parent / "migrations"

# A migration that waits for a table makes all who come after it wait: it gives up instead, and the
# operator repeats it.
LOCK_TIMEOUT = "5s"

# The last revision from before the migrations were squashed.
LAST_UNRELEASED = "0015"

ADOPT = (
    "The database is at revision {revision}, which an unreleased version of Listgate made. Its"
    " schema is that of 0004_default_roles but for one CHECK: run `listgate migrate` again after"
    " these two statements in psql:"
    " alter table notification drop constraint notification_lettername_check;"
    " update alembic_version set version_num = '0004_default_roles';"
)
START_AGAIN = (
    "The database is at revision {revision}, which this version of Listgate does not know: an"
    " unreleased version made it, or a newer one that removed what this version needs. Run that"
    " version, or export the lists with it"
    " (`listgate export`), create a new database and import them."
)


class UnknownRevision(Exception):
    """The database is at a revision that this version has no migration for.

    Not a Refusal, which pages translate: only `listgate migrate` prints it.
    """


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for `connection`; migrations/env.py reads `attributes`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes.update(
        connection=connection, metadata=Base.metadata, lock_timeout=LOCK_TIMEOUT
    )
    return config


def upgrade(connection: Connection) -> None:
    """Apply every migration that the database lacks.

    A newer schema that works with this version stays as it is, so that an update can be rolled
    back; another unknown one raises UnknownRevision.
    """
    config = alembic_config(connection)
    there, _ = revisions(connection)
    if there is None or there in known_revisions():
        command.upgrade(config, "head")
    elif not is_newer_and_compatible(connection):
        advice = ADOPT if there == LAST_UNRELEASED else START_AGAIN
        raise UnknownRevision(advice.format(revision=there))


@cache
def known_revisions() -> frozenset[str]:
    """Return the revisions of this version's migrations.

    They are compared in full, because Alembic takes "0002" for "0002_state_machine".
    """
    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return frozenset(script.revision for script in scripts)


def is_newer_and_compatible(connection: Connection) -> bool:
    """Return whether a newer version migrated the database, and this version works with it.

    The database names the oldest revision whose code it serves: known here, it is not newer.
    """
    there, _ = revisions(connection)
    if there is None or there in known_revisions():
        return False
    if not inspect(connection).has_table(Installation.__tablename__):
        return False
    return connection.scalar(select(Installation.serves_from)) in known_revisions()


def revisions(connection: Connection) -> tuple[str | None, str | None]:
    """Return the revision of the database, and the one that this version of Listgate needs."""
    there = MigrationContext.configure(connection).get_current_revision()
    return there, ScriptDirectory.from_config(alembic_config(connection)).get_current_head()


def differences(connection: Connection) -> list[object]:
    """Return what Alembic would change to make the database match the models."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))
