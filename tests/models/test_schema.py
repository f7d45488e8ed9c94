"""The migrations make what the models say."""

import pytest
from sqlalchemy import CheckConstraint, create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from models import Base, Right, Role, schema
from tests.builders import role
from tests.databases import migrate, new_database


def test_a_migrated_database_is_what_the_models_say(session: Session) -> None:
    assert schema.differences(session.connection()) == []


def test_every_check_of_the_models_is_in_the_database(session: Session) -> None:
    # Alembic compares tables, columns, indexes and keys, but no checks.
    there = set(session.scalars(text("select conname from pg_constraint where contype = 'c'")))
    said = {
        constraint.name
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }

    assert said - there == set()


def test_a_difference_would_be_noticed(session: Session) -> None:
    session.execute(text('alter table "user" drop column name'))

    assert schema.differences(session.connection()) != []


def test_migrating_twice_is_migrating_once() -> None:
    with new_database() as url:
        migrate(url)
        migrate(url)

        with create_engine(url, poolclass=NullPool).connect() as connection:
            there, needed = schema.revisions(connection)
    assert there == needed


@pytest.mark.parametrize(
    ("name", "may_send", "may_administer"),
    [("administrator", True, True), ("sender", True, False), ("author", False, False)],
)
def test_the_first_roles_are_there(
    session: Session, name: str, may_send: bool, may_administer: bool
) -> None:
    first: Role = role(session, name)

    assert (Right.SEND_MESSAGES in first.rights) is may_send
    assert (Right.EDIT_USERS in first.rights) is may_administer
