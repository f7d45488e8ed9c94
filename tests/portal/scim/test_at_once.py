"""Two requests of an identity provider at once have the result of one after the other.

A provider repeats a request that takes long, and two of its workers may handle one person.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, text

from models.database import new_session
from tests.builders import cast
from tests.databases import keep_rows, restore_rows
from tests.portal.api.client import a_key, token_of
from tests.portal.matrix.at_once import both, own_database
from tests.portal.scim.client import PATCH, USER, Provider
from tests.portal.visitors import an_app, forget_guesses

STATE = text(
    'select u.address, u.name, u.disabled_at is null, e.key from "user" u'
    " left join external_id e on e.user_id = u.id order by u.id"
)


class Sent(NamedTuple):
    """A request."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    version: str | None = None


class Pair(NamedTuple):
    """Two requests, their statuses, and the one person who is so then; "" is any value."""

    one: Sent
    other: Sent
    statuses: list[int]
    person: tuple[str, str, bool, str | None]


def added(**attributes: Any) -> Sent:
    """Add Alan."""
    alan = {"schemas": [USER], "userName": "alan@listgate.test", "displayName": "Alan"}
    return Sent("POST", "/Users", {**alan, **attributes})


def patched(number: int = 1, version: str | None = None, **values: Any) -> Sent:
    """Replace attributes of a person."""
    operations = [{"op": "Replace", "path": name, "value": to} for name, to in values.items()]
    body = {"schemas": [PATCH], "Operations": operations}
    return Sent("PATCH", f"/Users/{number}", body, version)


ALAN = ("alan@listgate.test", "Alan")
ADA = "ada@example.org"
NEW = "new@listgate.test"
DELETED = Sent("DELETE", "/Users/1")
PAIRS = (
    Pair(added(externalId="a"), added(externalId="a"), [201, 409], (*ALAN, True, "a")),
    Pair(added(), added(), [201, 409], (*ALAN, True, None)),
    Pair(
        added(userName=ADA, externalId="a"),
        added(userName=ADA, externalId="a"),
        [201, 409],
        (ADA, "", True, "a"),
    ),
    Pair(patched(userName=NEW), patched(userName=NEW), [200, 200], (NEW, "", True, None)),
    Pair(patched(userName=NEW), patched(2, userName=NEW), [200, 409], (NEW, "", True, None)),
    Pair(patched(userName=NEW), patched(displayName="A"), [200, 200], (NEW, "A", True, None)),
    Pair(patched(active="False"), patched(displayName="A"), [200, 200], (ADA, "A", False, None)),
    Pair(patched(externalId="a"), patched(2, externalId="a"), [200, 409], ("", "", True, "a")),
    Pair(DELETED, patched(displayName="A"), [200, 204], (ADA, "A", False, None)),
    Pair(DELETED, DELETED, [204, 204], (ADA, "", False, None)),
)


@pytest.fixture(scope="module")
def own(template: str) -> Iterator[Engine]:
    """A database of the module's own, which all sessions use."""
    with own_database(template) as own:
        yield own


@pytest.fixture(scope="module")
def entra(own: Engine) -> Provider:
    """A provider, and the cast, committed."""
    with new_session.begin() as session:
        cast(session)
        token = token_of(a_key(session, name="entra"))
    with own.begin() as connection:
        keep_rows(connection)
    forget_guesses(an_app())
    return Provider(an_app(), token)


def send(entra: Provider, sent: Sent) -> int:
    """Send a request; return its status."""
    headers = {"If-Match": sent.version} if sent.version else {}
    return entra.send(sent.method, sent.path, json=sent.body, headers=headers).status_code


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.one.method} {pair.other.method}")
def test_two_at_once_have_the_result_of_one_after_the_other(
    entra: Provider, own: Engine, pair: Pair
) -> None:
    statuses = sorted(both(own, partial(send, entra, pair.one), partial(send, entra, pair.other)))
    with own.begin() as connection:
        everyone = [tuple(row) for row in connection.execute(STATE)]
        restore_rows(connection)

    assert statuses == pair.statuses
    same = [
        each
        for each in everyone
        if all(a == b for a, b in zip(each, pair.person, strict=True) if b != "")
    ]
    assert len(same) == 1, everyone


def test_of_two_changes_of_one_version_one_is_made(entra: Provider, own: Engine) -> None:
    version = entra.get("/Users/1").headers["ETag"]
    one, other = patched(1, version, displayName="A"), patched(1, version, displayName="B")

    statuses = sorted(both(own, partial(send, entra, one), partial(send, entra, other)))
    with own.begin() as connection:
        restore_rows(connection)

    assert statuses == [200, 412]
