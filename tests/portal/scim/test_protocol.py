"""The server is one that clients of SCIM know, whatever they send."""

import json
from importlib import import_module
from typing import Annotated, Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field
from scim2_models import URN, Required, Resource, ScimProvider, Uniqueness
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, IdempotentCall
from portal.scim.resources import POLICY
from tests.builders import Cast
from tests.portal.scim.client import PATCH, USER, Provider
from tests.portal.visitors import PUBLIC

NAMES = st.sampled_from(
    [
        *("userName", "displayName", "name", "emails", "active", "phoneNumbers", "timezone"),
        *("id", "externalId", "meta", "schemas", "password", "value", "type", "primary"),
        *("filter", "count"),
    ]
)
PATHS = st.one_of(
    NAMES,
    st.sampled_from(['emails[type eq "work"].value', "emails[", "name.givenName", "", "[]", "a b"]),
    st.text(max_size=5),
)


def text(value: Any) -> bytes:
    """The body."""
    return json.dumps(value).encode()


class Addresses(list[str]):
    """A new address each time the tester takes one."""

    def __getitem__(self, _: Any) -> Any:
        return f"{uuid4()}@listgate.test"


class TriedUser(Resource[Any]):
    """The user, with values that the tester can choose for its attributes."""

    __schema__ = URN(USER)

    user_name: Annotated[str | None, Required.true, Uniqueness.server] = Field(
        None, examples=Addresses(["ada@listgate.test"])
    )
    display_name: Annotated[str | None, Required.true] = None
    active: bool | None = None
    timezone: str | None = Field(None, examples=["Europe/Zurich"])
    preferred_language: str | None = Field(None, examples=["de", "fr"])


# Not "patch", which takes seconds: test_users.py has a table of patches.
TAGS = {"discovery", "crud", "misc"}


def test_the_tester_of_python_scim_finds_what_differs_on_purpose(entra: Provider) -> None:
    """A disabled person can still be read."""
    # Here, because they take as long as a hundred tests: each process of `make test` collects this.
    tester, wsgi = import_module("scim2_tester"), import_module("scim2_client.engines.wsgi")
    client = wsgi.WSGISCIMClient(
        entra.app,
        base_url=f"{PUBLIC}/scim/v2",
        headers={"Authorization": f"Bearer {entra.token}"},
        provider=ScimProvider(models=[TriedUser], policy=POLICY),
    )

    results = tester.check_server(client, include_tags=TAGS)

    wrong = [
        one for one in results if one.status not in {tester.Status.SUCCESS, tester.Status.SKIPPED}
    ]
    assert [one.title for one in wrong] == ["object_deletion"], wrong
    assert "still exists" in str(wrong[0].reason)
    assert len(results) > 25


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Replace", "remove", "x"])},
    optional={"path": PATHS, "value": JSON},
)
BODIES = st.one_of(
    JSON.map(json.dumps).map(str.encode),
    st.binary(max_size=20),
    st.dictionaries(NAMES, JSON, max_size=4).map(lambda one: {"schemas": [USER], **one}).map(text),
    st.lists(OPERATIONS, max_size=3)
    .map(lambda some: {"schemas": [PATCH], "Operations": some})
    .map(text),
)


def test_no_body_is_a_fault(people: Cast, entra: Provider) -> None:
    ada = f"/Users/{people.ada.id}"
    places = (("POST", "/Users"), ("POST", "/Users/.search"), ("PUT", ada), ("PATCH", ada))

    @settings(max_examples=15, deadline=None, database=None)
    @given(BODIES)
    def check(body: bytes) -> None:
        for method, path in places:
            answer = entra.send(method, path, data=body, content_type="application/scim+json")
            assert answer.status_code < 500, (method, path, body)
            assert answer.mimetype == "application/scim+json"

    check()


BAD_BODIES: tuple[tuple[dict[str, Any], int], ...] = (
    ({"data": b"{"}, 400),
    ({"data": b"[]"}, 400),
    ({"data": b""}, 400),
    ({"data": b'{"a": NaN}'}, 400),
    ({"data": b'{"a": "\xff"}'}, 400),
    ({"data": b"[" * 90_000}, 400),
    ({"data": b'{"a":' * 900 + b"1" + b"}" * 900}, 400),
    ({"data": b"a=b", "content_type": "application/x-www-form-urlencoded"}, 415),
    ({"data": b" " * 100_001}, 413),
)


def test_a_body_that_is_no_user_is_refused(people: Cast, entra: Provider) -> None:
    for options, status in BAD_BODIES:
        for method, path in (("POST", "/Users"), ("PATCH", f"/Users/{people.ada.id}")):
            answer = entra.send(method, path, **{"content_type": "application/json", **options})
            assert answer.status_code == status, (options, answer.text)
            assert answer.json
            assert answer.json["status"] == str(status)


def test_another_type_is_refused_by_the_names_of_those_taken(entra: Provider) -> None:
    answer = entra.send("POST", "/Users", data=b"a=b", content_type="text/plain")
    assert answer.json
    assert "application/scim+json or application/json" in answer.json["detail"]


def test_other_paths_and_methods_are_scim_errors(entra: Provider) -> None:
    for method, path, status in (
        ("GET", "/Groups", 404),
        ("POST", "/Bulk", 404),
        ("GET", "/Me", 404),
        ("PUT", "/Users", 405),
        ("POST", "/Schemas", 405),
    ):
        answer = entra.send(method, path)
        assert (answer.status_code, answer.mimetype) == (status, "application/scim+json"), path
    assert entra.get("/Schemas?filter=id+pr").status_code == 403


def test_neither_log_nor_audit_trail_has_what_is_private(
    session: Session, entra: Provider, capfd: pytest.CaptureFixture[str]
) -> None:
    """P11, also where something fails."""
    private = {
        "userName": "private@listgate.test",
        "displayName": "Alan",
        "phoneNumbers": [{"value": "+41791234567"}],
        "password": "correct horse",
    }
    added = entra.add(**private, externalId="k-1")
    assert added.status_code == 201
    path = f"/Users/{added.json['id'] if added.json else ''}"
    entra.add(**private)
    entra.get('/Users?filter=userName+eq+"private@listgate.test"')
    entra.patch(path, {"op": "replace", "path": "phoneNumbers", "value": [{"value": "0790000"}]})

    trail = [str(vars(one)) for one in session.scalars(select(AuditEntry))]
    calls = [str(vars(one)) for one in session.scalars(select(IdempotentCall))]
    logged = "".join(capfd.readouterr())
    for secret in ("private@listgate.test", "+4179", "0790000", "correct horse"):
        assert secret not in "".join((*trail, *calls, logged)), secret
