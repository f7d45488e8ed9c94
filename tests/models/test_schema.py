"""The migrations create the schema of the models."""

import pytest
from sqlalchemy import CheckConstraint, create_engine, insert, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from models import Base, Notification, Right, Role, schema
from tests.builders import role
from tests.databases import migrate, new_database


def test_a_migrated_database_matches_the_models(session: Session) -> None:
    assert schema.differences(session.connection()) == []


def test_the_database_has_the_checks_of_the_models_and_no_others(session: Session) -> None:
    # Alembic compares tables, columns, indexes and keys, but no checks.
    query = "select conname from pg_constraint where contype = 'c' and conrelid <> 0"
    there = set(session.scalars(text(query)))
    said = {
        constraint.name
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }

    assert there == said


def test_an_unknown_letter_name_is_refused_by_python(
    session: Session,
) -> None:
    with pytest.raises(StatementError, match="'SysMsgUnknown' is not among"):
        session.execute(insert(Notification).values(letter="SysMsgUnknown"))


def test_a_difference_is_detected(session: Session) -> None:
    session.execute(text('alter table "user" drop column name'))

    assert schema.differences(session.connection()) != []


def test_migrating_twice_is_migrating_once() -> None:
    with new_database() as url:
        migrate(url)
        migrate(url)

        with create_engine(url, poolclass=NullPool).connect() as connection:
            there, needed = schema.revisions(connection)
    assert there == needed


# Alembic resolves the first two, which were never released, to 0001_schema and 0004_default_roles.
@pytest.mark.parametrize("revision", ["0001", "0004", "0014", "0005_of_a_newer_version"])
def test_a_database_of_an_unknown_revision_is_not_migrated(session: Session, revision: str) -> None:
    session.execute(text("update alembic_version set version_num = :it"), {"it": revision})

    with pytest.raises(schema.UnknownRevision, match=rf"{revision}, .*`listgate export`"):
        schema.upgrade(session.connection())

    assert schema.revisions(session.connection())[0] == revision


def test_a_database_of_the_last_unreleased_version_is_migrated_after_two_statements(
    session: Session,
) -> None:
    session.execute(
        text(
            "update alembic_version set version_num = '0015';"
            "drop table reply_letter;"
            "alter table inbound_mail drop column fingerprint;"
            "alter table inbound_sms drop column said;"
            "alter table notification add constraint notification_lettername_check"
            " check (letter in ('SysMsgMessageModerate'))"
        )
    )
    with pytest.raises(schema.UnknownRevision) as refused:
        schema.upgrade(session.connection())

    session.execute(text(str(refused.value).partition("psql: ")[2]))
    schema.upgrade(session.connection())

    checks = text("select 1 from pg_constraint where conname = 'notification_lettername_check'")
    assert session.scalar(checks) is None
    there, needed = schema.revisions(session.connection())
    assert there == needed


@pytest.mark.parametrize(
    ("name", "may_send", "may_administer"),
    [("administrator", True, True), ("sender", True, False), ("author", False, False)],
)
def test_the_default_roles_exist(
    session: Session, name: str, may_send: bool, may_administer: bool
) -> None:
    first: Role = role(session, name)

    assert (Right.SEND_MESSAGES in first.rights) is may_send
    assert (Right.EDIT_USERS in first.rights) is may_administer
