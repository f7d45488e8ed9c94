"""The migrations create the schema of the models."""

import re
from email import message_from_bytes

import pytest
from alembic import command
from sqlalchemy import CheckConstraint, create_engine, insert, text
from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from models import Base, Notification, Right, Role, schema
from tests.builders import Cast, a_draft, an_example, role
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


def test_migrating_twice_is_migrating_once(template: str) -> None:
    with new_database(template) as url:
        migrate(url)

        with create_engine(url, poolclass=NullPool).connect() as connection:
            there, needed = schema.revisions(connection)
    assert there == needed


# Alembic resolves the first two, which were never released, to 0001_schema and 0004_default_roles.
@pytest.mark.parametrize("revision", ["0001", "0004", "0014", "0005_of_a_newer_version"])
def test_a_database_of_an_unknown_revision_is_not_migrated(session: Session, revision: str) -> None:
    session.execute(text("update alembic_version set version_num = :it"), {"it": revision})
    session.execute(text("drop table installation"))

    with pytest.raises(schema.UnknownRevision, match=rf"{revision}, .*`listgate export`"):
        schema.upgrade(session.connection())

    assert schema.revisions(session.connection())[0] == revision


@pytest.mark.parametrize(
    ("serves_from", "works"), [("0006_installation", True), ("0098_of_a_newer_version", False)]
)
def test_a_newer_schema_is_accepted_only_if_it_serves_this_version(
    session: Session, serves_from: str, works: bool
) -> None:
    newer = "0099_of_a_newer_version"
    session.execute(text("update alembic_version set version_num = :it"), {"it": newer})
    session.execute(text("update installation set serves_from = :it"), {"it": serves_from})

    if works:
        schema.upgrade(session.connection())
    else:
        with pytest.raises(schema.UnknownRevision, match="removed what this version needs"):
            schema.upgrade(session.connection())

    assert schema.is_newer_and_compatible(session.connection()) is works
    assert schema.revisions(session.connection())[0] == newer


def test_a_migration_that_removes_something_says_so() -> None:
    removing = re.compile(
        r"\bdrop (table|column|function)|\brename\b|set not null|\btype\b", re.IGNORECASE
    )
    later = [file for file in (schema.MIGRATIONS / "versions").glob("*.py") if file.name > "0005"]

    assert later
    for file in later:
        migration = file.read_text()
        expands = removing.search(migration) is None
        assert expands or f"set serves_from = '{file.stem}'" in migration, file.name


def test_a_migration_gives_up_while_a_table_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "LOCK_TIMEOUT", "100ms")
    with new_database() as url:
        before = create_engine(url, poolclass=NullPool)
        with before.begin() as connection:
            command.upgrade(schema.alembic_config(connection), "0004_default_roles")
        with before.connect() as reader:
            reader.execute(text("lock table message in access share mode"))
            with pytest.raises(OperationalError, match="lock timeout"):
                migrate(url)

        with before.connect() as connection:
            assert schema.revisions(connection)[0] == "0004_default_roles"


def test_a_database_of_the_last_unreleased_version_is_migrated_after_two_statements() -> None:
    check = "constraint notification_lettername_check"
    with new_database() as url, create_engine(url, poolclass=NullPool).begin() as connection:
        command.upgrade(schema.alembic_config(connection), "0004_default_roles")
        connection.execute(text("update alembic_version set version_num = '0015'"))
        connection.execute(
            text(
                f"alter table notification add {check} check (letter in ('SysMsgMessageModerate'))"
            )
        )
        with pytest.raises(schema.UnknownRevision) as refused:
            schema.upgrade(connection)

        connection.execute(text(str(refused.value).partition("psql: ")[2]))
        schema.upgrade(connection)

        checks = text("select 1 from pg_constraint where conname = 'notification_lettername_check'")
        assert connection.scalar(checks) is None
        there, needed = schema.revisions(connection)
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


def test_rows_that_get_the_same_id_after_a_restore_have_other_message_ids(
    session: Session, people: Cast
) -> None:
    first, second = (a_draft(session, people) for _ in range(2))
    second.id, second_id = first.id, second.id  # as if a restore had lost the first

    ids = [message_from_bytes(an_example(one))["Message-ID"] for one in (first, second)]

    assert len({*ids}) == 2
    assert all(one.startswith(f"<message.{first.id}.") for one in ids)
    second.id = second_id
