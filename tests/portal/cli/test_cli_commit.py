"""A command reports only what was committed."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from models.database import new_session
from portal.cli import app
from tests.builders import Cast, a_request

ADA, EDSGER, GRACE = "ada@example.org", "edsger@example.org", "grace@example.org"

COMMANDS = [
    ("user", "add", "eve@example.org", "Eve"),
    ("user", "grant", ADA, "sender"),
    ("user", "revoke", ADA, "author"),
    ("list-set", "create", "press", "announce"),
    ("user", "disable", ADA),
    ("user", "enable", ADA),
    ("user", "remove", EDSGER, "--yes"),
    ("user", "contact", ADA, "--language", "fr"),
    ("user", "address", ADA, "lovelace@example.org"),
    ("role", "define", "readers", "--right", "404"),
    ("list", "create", "board", "board@lists.example.org", "Board"),
    ("list", "set", "announce", "--description", "News"),
    ("approvers", "create", "others", GRACE),
    ("approvers", "set", "editors", GRACE),
    ("approvers", "assign", "editors", "announce"),
    ("subscribe", "announce", ADA),
    ("unsubscribe", "announce", EDSGER),
    ("sync", "now", "announce"),
    ("decide", "{request}", "approve", "--as", GRACE),
    ("withdraw", "{request}", "--as", ADA),
]


class NotKept(Exception):
    """The database became unavailable at the commit."""


@pytest.fixture
def unlucky() -> Iterator[None]:
    """Let every commit fail, but no savepoint before it."""

    def refuse(session: Session) -> None:
        if not session.in_nested_transaction():
            raise NotKept

    event.listen(new_session, "before_commit", refuse)
    yield
    event.remove(new_session, "before_commit", refuse)


@pytest.fixture
def request_id(session: Session, people: Cast) -> int:
    """The number of an open request."""
    request = a_request(session, people)
    session.flush()
    return request.id


@pytest.mark.usefixtures("unlucky")
def test_nothing_is_said_that_is_not_kept(request_id: int) -> None:
    for command in COMMANDS:
        done = CliRunner().invoke(app, [part.format(request=request_id) for part in command])

        assert isinstance(done.exception, NotKept), command
        assert done.stdout == "", command


def test_a_committed_change_is_reported(session: Session, request_id: int) -> None:
    for command in COMMANDS:
        # Undone, so that each command finds the same rows.
        with session.connection().begin_nested() as change:
            done = CliRunner().invoke(app, [part.format(request=request_id) for part in command])
            change.rollback()

        assert done.exception is None, command
        assert done.stdout.endswith("\n"), command
