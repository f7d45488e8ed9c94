"""The installation in which the table is tried: filled once, a browser for each person."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from flask import Flask
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import OutboxEntry, User
from models.base import Base
from models.database import engine, new_session
from tests.databases import keep_rows, new_database, prepared
from tests.portal.matrix.forms import FORMS
from tests.portal.matrix.table import KINDS, Line
from tests.portal.matrix.things import Things, fill
from tests.portal.visitors import (
    PUBLIC,
    TOKEN,
    Visitor,
    an_app,
    answered,
    log_in_as,
)

MARKS = {200: "y", 403: "-", 404: "0", 409: "!"}


@dataclass(frozen=True)
class Key:
    """A browser's cookies, and the token of its forms."""

    cookie: str
    token: str


@dataclass(frozen=True)
class Filled:
    """A database with one row of each kind, their names, and who has logged in."""

    database: Engine
    things: Things
    keys: Mapping[str, Key]


class Installation:
    """The portal with its data, as `connection` sees them."""

    def __init__(
        self, connection: Connection, published: list[OutboxEntry], things: Things
    ) -> None:
        self.app: Flask = an_app()
        self.connection = connection
        self.published = published
        self.things = things
        self.keys: dict[str, Key] = {}

    def fill(self) -> None:
        """Create one row of each kind, and log everyone in."""
        with new_session.begin() as session:
            people = fill(session, self.things, self.app)
            session.flush()
            for who in KINDS:
                self.give_key(session, who, people.get(who))

    def give_key(self, session: Session, who: str, user: User | None) -> None:
        """Log this person in; without a person the browser is anonymous."""
        visitor = Visitor(self.app)
        if user is not None:
            log_in_as(session, visitor, user)
        visitor.get("/account/details" if user else "/log-in")
        token = TOKEN.search(visitor.page)
        assert token
        with visitor.client.session_transaction(base_url=PUBLIC) as kept:
            kept["new_secret"] = self.things.secret
        cookie = visitor.client.get_cookie("__Host-listgate", "listgate.example.org")
        assert cookie
        self.keys[who] = Key(f"__Host-listgate={cookie.value}", token[1])

    def ask(self, line: Line, who: str) -> TestResponse:
        """Open the address as this person, or send its form."""
        given: Mapping[str, object] = FORMS.get(line.path, {}) if line.method == "POST" else {}
        fields = {name: self.filled(value) for name, value in given.items()}
        if line.method == "POST":
            fields["csrf_token"] = self.keys[who].token
        return self.send(line.method, self.path(line), who=who, fields=fields)

    def send(self, method: str, path: str, *, who: str, fields: Mapping[str, Any]) -> TestResponse:
        """Send just this."""
        return answered(
            self.app,
            path,
            method=method,
            base_url=PUBLIC,
            data=dict(fields),
            headers={"Cookie": self.keys[who].cookie},
        )

    def path(self, line: Line) -> str:
        """The line's address."""
        return line.path.format_map(self.things)

    def filled(self, value: object) -> object:
        """A field as it is sent."""
        if isinstance(value, tuple):
            content, name = value
            return BytesIO(content), name
        return value.format_map(self.things) if isinstance(value, str) else value

    def mark(self, line: Line, who: str) -> str:
        """Return the table's mark for the answer that this person gets."""
        return self.mark_of(line, self.ask(line, who))

    def mark_of(self, line: Line, answer: TestResponse) -> str:
        """Return the table's mark for this answer, or the answer itself."""
        if answer.status_code == 303:
            onward = line.onward.format_map(self.things)
            if onward and fnmatchcase(unquote(answer.location), onward):
                return ">"
            log_in = f"/log-in?next={self.path(line)}"
            return "?" if line.method != "POST" and answer.location == log_in else answer.location
        if line.method == "POST" and answer.status_code == 401:
            return "?"
        return MARKS.get(answer.status_code, str(answer.status_code))

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo everything that happens in the block, and forget what it published."""
        savepoint = self.connection.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()
            self.published.clear()

    @cached_property
    def first_rows(self) -> dict[str, str]:
        """The rows when this is first asked: for tests that each leave them as they were."""
        return self.rows()

    @cached_property
    def first_rows_without_refusals(self) -> dict[str, str]:
        """The same, without what the audit trail says of refusals."""
        return self.rows(refusals=False)

    def rows(self, *, refusals: bool = True) -> dict[str, str]:
        """A digest of each table, with or without what the audit trail says of refusals."""
        tables = [table.name for table in Base.metadata.sorted_tables]
        digests = " union all ".join(
            f"select '{name}', md5(string_agg(one::text, chr(10) order by one::text))"
            f' from "{name}" as one'
            + (" where act <> 'refused'" if name == "audit_entry" and not refusals else "")
            for name in tables
        )
        return dict(map(tuple, prepared(self.connection, digests)))


@contextmanager
def filled(template: str) -> Iterator[Filled]:
    """A database that is filled once, for all modules that try the table."""
    with new_database(template) as url:
        own = create_engine(url, hide_parameters=True, pool_pre_ping=True)
        with own.begin() as connection, bound_to(connection):
            one = Installation(connection, [], Things(an_app()))
            one.fill()
            keep_rows(connection)
        yield Filled(own, one.things, one.keys)
        own.dispose()


@contextmanager
def opened(filled: Filled, published: list[OutboxEntry]) -> Iterator[Installation]:
    """The filled installation; a commit is a savepoint, and all is rolled back in the end."""
    with filled.database.connect() as connection, connection.begin() as everything:
        with bound_to(connection):
            one = Installation(connection, published, filled.things)
            one.keys.update(filled.keys)
            yield one
        everything.rollback()


@contextmanager
def bound_to(connection: Connection) -> Iterator[None]:
    """Have each commit be a savepoint in the transaction of this connection."""
    new_session.configure(bind=connection, join_transaction_mode="create_savepoint")
    yield
    new_session.configure(bind=engine, join_transaction_mode="conditional_savepoint")
