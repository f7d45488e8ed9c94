"""Every form twice at once, and forms that want opposite things: no error, one result.

The result has to be one that the two also have one after the other, or that of one of them, while
the other is refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import pytest
from sqlalchemy import Engine, RootTransaction

from models.database import new_session
from tests.databases import keep_rows, restore_rows
from tests.portal.matrix.at_once import both, own_database, row_counts
from tests.portal.matrix.installation import Installation
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


def senders(path: str) -> list[str]:
    """Return those who can send this form."""
    return [who for who, mark in zip(KINDS, POSTS[path].marks, strict=True) if mark == ">"]


def pairs() -> Iterator[tuple[Post, Post]]:
    """Each form by two people where two can send it, else by one who presses twice."""
    for path, line in POSTS.items():
        if who := senders(path):
            yield Post(line, who[0]), Post(line, who[-1])
    for one, other in OPPOSITE:
        yield Post(POSTS[one], senders(one)[-1]), Post(POSTS[other], senders(other)[-1])


@pytest.fixture(scope="module")
def own(template: str) -> Iterator[Engine]:
    """A database of the module's own, which all sessions use."""
    with own_database(template) as own:
        yield own


@pytest.fixture(scope="module")
def filled(own: Engine) -> Installation:
    """The portal with one row of each kind, committed."""
    with one_transaction(own) as everything:
        installation = Installation(everything.connection, [])
        installation.fill()
        keep_rows(everything.connection)
        everything.commit()
    return installation


@contextmanager
def one_transaction(own: Engine) -> Iterator[RootTransaction]:
    """Have every commit be a savepoint of one transaction, which is undone if not committed."""
    with own.connect() as connection, connection.begin() as everything:
        new_session.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield everything
        new_session.configure(bind=own, join_transaction_mode="conditional_savepoint")
        if everything.is_active:
            everything.rollback()


def send(installation: Installation, post: Post) -> int:
    return installation.ask(post.line, post.who).status_code


def in_turn(installation: Installation, own: Engine, *posts: Post) -> Outcome:
    """Send one after the other, and undo it; return the sorted statuses and what became of it."""
    with one_transaction(own) as everything:
        statuses = sorted(send(installation, post) for post in posts)
        return statuses, row_counts(everything.connection)


@pytest.mark.parametrize("pair", list(pairs()), ids=lambda pair: " + ".join(map(str, pair)))
def test_two_at_once_have_the_result_of_one_after_the_other(
    filled: Installation, own: Engine, pair: tuple[Post, Post]
) -> None:
    statuses = sorted(both(own, *(partial(send, filled, post) for post in pair)))
    with own.begin() as connection:
        result = row_counts(connection)
        restore_rows(connection)

    assert statuses[-1] < 500
    if statuses == [303, 303]:
        orders = {pair, pair[::-1]}
        assert (statuses, result) in [in_turn(filled, own, *order) for order in orders]
    else:
        assert (statuses[:1], result) in [in_turn(filled, own, post) for post in set(pair)]
