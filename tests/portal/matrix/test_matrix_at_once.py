"""Every form twice at once, and forms that want opposite things: no error, one result.

Both are about the same row.  The result has to be one that the two also have one after the other,
or that of one of them, while the other is refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import pytest
from sqlalchemy import Connection, Engine

from models.database import new_session
from tests.databases import restore_rows
from tests.portal.matrix.at_once import both, row_counts, used_by_all
from tests.portal.matrix.installation import Filled, Installation
from tests.portal.matrix.table import KINDS, Line, lines

Outcome = tuple[list[int], Mapping[str, int]]


class Post(NamedTuple):
    """A form and who sends it."""

    line: Line
    who: str

    def __str__(self) -> str:
        return f"{self.who} {self.line.path}"


POSTS = {line.path: line for line in lines("POST")}

# Each spoils the condition of the other.
OPPOSITE = [
    ("/messages/{asked}/withdrawal", "/requests/{request}/decision"),
    ("/messages/{asked}/withdrawal", "/answer/{token}"),
    ("/answer/{token}", "/requests/{request}/decision"),
    ("/messages/{draft}/deletion", "/messages/{draft}/handing_in"),
    ("/messages/{draft}/draft", "/messages/{draft}/handing_in"),
    ("/messages/{draft}/draft", "/messages/{draft}/deletion"),
    ("/messages/{scheduled}/recall", "/messages/{scheduled}/time"),
    ("/mailing-lists/{quiet}/archive", "/my/lists"),
    ("/mailing-lists/{list}/approvers", "/approver-lists/{unused}/end"),
    ("/mailing-lists/{list}/subscribers/{edsger}/end", "/users/{edsger}/removal"),
    ("/mailing-lists/{list}/details", "/mailing-lists/{list}/pushes"),
    ("/users/{edsger}/removal", "/users/{edsger}/roles"),
    ("/users/{edsger}/removal", "/approver-lists/{editors}/members"),
    ("/users/{edsger}/address", "/users/{edsger}/contact"),
    ("/users/{edsger}/standing", "/users/{edsger}/roles"),
    ("/roles/{role}", "/roles/{role}/removal"),
]


# Two people change rows of their own, or another form of the table does the same to the same rows.
APART = {
    *("/log-in/code", "/log-out", "/messages/new", "/messages/upload"),
    *("/account/details", "/account/password", "/account/codes", "/account/recovery-codes"),
    *("/account/absences", "/account/absences/{absence}/end"),
    *("/messages/{asked}/copy", "/messages/{asked}/proof"),
}


def senders(path: str) -> list[str]:
    """Return those who can send this form."""
    return [who for who, mark in zip(KINDS, POSTS[path].marks, strict=True) if mark == ">"]


def pairs() -> Iterator[tuple[Post, Post]]:
    """Each form by two people where two can send it, else by one who presses twice."""
    for path, line in POSTS.items():
        if (who := senders(path)) and path not in APART:
            yield Post(line, who[0]), Post(line, who[-1])
    for one, other in OPPOSITE:
        yield Post(POSTS[one], senders(one)[-1]), Post(POSTS[other], senders(other)[-1])


@pytest.fixture(scope="module")
def own(filled: Filled) -> Iterator[Engine]:
    """The filled database, which all sessions use; each test restores its rows."""
    with used_by_all(filled.database):
        yield filled.database


@pytest.fixture(scope="module")
def installation(filled: Filled, own: Engine) -> Iterator[Installation]:
    """The portal with one row of each kind, committed."""
    with own.connect() as connection:
        one = Installation(connection, [], filled.things)
        one.keys.update(filled.keys)
        yield one


@contextmanager
def undone(own: Engine) -> Iterator[Connection]:
    """Have every commit be a savepoint of one transaction, and undo it."""
    with own.connect() as connection, connection.begin() as everything:
        new_session.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield connection
        new_session.configure(bind=own, join_transaction_mode="conditional_savepoint")
        everything.rollback()


def send(installation: Installation, post: Post) -> int:
    return installation.ask(post.line, post.who).status_code


def in_turn(installation: Installation, own: Engine, *posts: Post) -> Outcome:
    """Send one after the other, and undo it; return the sorted statuses and what became of it."""
    with undone(own) as connection:
        statuses = sorted(send(installation, post) for post in posts)
        return statuses, row_counts(connection)


@pytest.mark.parametrize("pair", list(pairs()), ids=lambda pair: " + ".join(map(str, pair)))
def test_two_at_once_have_the_result_of_one_after_the_other(
    installation: Installation, own: Engine, pair: tuple[Post, Post]
) -> None:
    statuses = sorted(both(own, *(partial(send, installation, post) for post in pair)))
    with own.begin() as connection:
        result = row_counts(connection)
        restore_rows(connection)

    assert statuses[-1] < 500
    orders = {pair, pair[::-1]} if statuses == [303, 303] else {(post,) for post in pair}
    # One of two statuses is a refusal, which changes nothing.
    found = (statuses if statuses == [303, 303] else statuses[:1], result)
    assert any(in_turn(installation, own, *order) == found for order in orders)
