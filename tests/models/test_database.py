"""Errors of PostgreSQL name the mistake and never quote a value."""

import traceback
from collections.abc import Callable
from io import StringIO

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models import User

MARKER = "+33611223344"


def duplicate(session: Session) -> None:
    session.add_all(
        User(address=f"{name}@example.org", name=name, phone=MARKER) for name in ("ada", "grace")
    )
    session.flush()


def failed_check(session: Session) -> None:
    session.add(User(address="ada@example.org", name=MARKER, phone="1"))
    session.flush()


def wrong_type(session: Session) -> None:
    session.execute(text("select cast(:number as date)"), {"number": MARKER})


def wrong_line(session: Session) -> None:
    cursor = session.connection().connection.cursor()
    cursor.copy_expert('copy "user" (id) from stdin', StringIO(f"{MARKER}x\n"))


@pytest.mark.parametrize("act", [duplicate, failed_check, wrong_type, wrong_line])
def test_an_error_quotes_no_value(session: Session, act: Callable[[Session], None]) -> None:
    with pytest.raises((DBAPIError, psycopg2.Error)) as raised, session.begin_nested():
        act(session)

    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert "psycopg2" in shown
    assert MARKER not in shown


def test_an_error_names_the_constraint(session: Session) -> None:
    with pytest.raises(DBAPIError, match="user_phone_key"), session.begin_nested():
        duplicate(session)


def test_an_error_that_postgresql_does_not_know_of_keeps_its_words(session: Session) -> None:
    cursor = session.connection().connection.cursor()
    cursor.close()

    with pytest.raises(psycopg2.InterfaceError, match="cursor already closed"):
        cursor.execute("select 1")
