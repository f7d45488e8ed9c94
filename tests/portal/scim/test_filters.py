"""A filter finds the people whom it matches, and pages lead to each of them once."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import ScimFilter
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import ExternalId, Service
from models.clock import now
from portal.scim.mapping import user_of
from portal.scim.resources import User as ScimUser
from tests.builders import Cast, person
from tests.portal.api.client import a_key
from tests.portal.scim.client import Provider
from tests.portal.visitors import an_app
from workflows.queries.scim_users import people_matching

VALUES = st.one_of(
    st.sampled_from(["ada@example.org", "ADA@Example.ORG", "grace@example.org", "a-1", "A-1", "1"]),
    st.sampled_from(["true", "false", "work", "", "\0", "\ud800", 'a" or id eq "1', "%", "ß"]),
    st.text(max_size=5),
)
TEXTS = st.builds(
    "{} eq {}".format,
    st.sampled_from(["userName", "USERNAME", "emails", "emails.value", "externalId", "id"]),
    VALUES.map(ScimFilter.quote),
)
SELECTIONS = st.builds(
    'emails[type eq "{}" and value eq {}]'.format,
    st.sampled_from(["work", "Work", "home"]),
    VALUES.map(ScimFilter.quote),
)
ACTIVE = st.sampled_from(["active eq true", 'active eq "False"', "emails.primary eq true"])
FILTERS = st.recursive(
    st.one_of(TEXTS, SELECTIONS, ACTIVE),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
    max_leaves=5,
)


@pytest.fixture
def service(session: Session, people: Cast) -> Service:
    """A service that has given keys to two people, one of them disabled."""
    service = a_key(session).service
    session.add(ExternalId(service_id=service.id, user_id=people.ada.id, key="a-1"))
    session.add(ExternalId(service_id=service.id, user_id=people.grace.id, key="A-1"))
    people.grace.disabled_at = now()
    session.flush()
    return service


def test_a_filter_finds_those_whom_the_library_matches(session: Session, service: Service) -> None:
    _, everyone = people_matching(session, service, None, offset=0, limit=1000)
    with an_app().app_context():
        users = [user_of(one) for one in everyone]

    @settings(max_examples=25, deadline=None, database=None)
    @given(FILTERS)
    def check(text: str) -> None:
        wanted = ScimFilter[ScimUser](text)
        total, found = people_matching(session, service, wanted.ast, offset=0, limit=1000)
        expected = [user.id for user in users if wanted.match(user)]
        assert [str(one.person.id) for one in found] == expected
        assert total == len(expected)

    check()


REFUSED = (
    'userName ne "a"',
    'userName co "a"',
    "userName pr",
    "not (active eq true)",
    "externalId eq null",
    'displayName eq "Ada"',
    "emails[value pr]",
    'emails[value eq "a" or type eq "work"]',
    "userName eq",
    "userName",
    "nothing eq 1",
    'password eq "a"',
    "(" * 500,
    'userName eq "a" and',
)


def query(entra: Provider, **parameters: Any) -> TestResponse:
    """Search."""
    return entra.get(f"/Users?{urlencode(parameters)}")


def test_other_filters_are_refused(entra: Provider) -> None:
    for text in REFUSED:
        answer = query(entra, filter=text)
        assert answer.json
        assert (answer.status_code, answer.json["scimType"]) == (400, "invalidFilter"), text
    # A filter may be long, but not longer than a URL.
    assert query(entra, filter=" or ".join(['userName eq "a"'] * 500)).status_code == 200


def test_a_value_that_no_row_can_have_finds_nobody(entra: Provider) -> None:
    for value in (r"\ud800", r"\u0000"):  # half a character, and a NUL
        answer = query(entra, filter=f'externalId eq "{value}"')
        assert answer.json
        assert (answer.status_code, answer.json["totalResults"]) == (200, 0)


def test_pages_lead_to_each_person_once(session: Session, entra: Provider) -> None:
    people = [person(session, f"number-{number} N") for number in range(5)]
    removed = people.pop()
    removed.removed_at = now()
    session.flush()
    seen: list[int] = []

    start, total = 1, 1
    while start <= total:
        page = query(entra, startIndex=start, count=3, attributes="userName").json
        assert page
        assert all(one.keys() == {"schemas", "id", "userName"} for one in page["Resources"])
        seen += [int(one["id"]) for one in page["Resources"]]
        start, total = start + page["itemsPerPage"], page["totalResults"]

    assert seen == sorted(set(seen))
    assert {one.id for one in people} <= set(seen)
    assert len(seen) == total
    assert removed.id not in seen


PARAMETERS: tuple[tuple[dict[str, Any], int], ...] = (
    ({"startIndex": -5, "count": -5}, 200),
    ({"startIndex": 2**70, "count": 2**70}, 200),
    ({"count": 0}, 200),
    ({"unknown": 1, "sortOrder": "ascending"}, 200),
    ({"excludedAttributes": "emails,name"}, 200),
    ({"startIndex": "x"}, 400),
    ({"count": "9" * 6000}, 400),
    ({"sortBy": "userName"}, 400),
    ({"attributes": "[["}, 400),
    ({"attributes": "userName", "excludedAttributes": "emails"}, 400),
)


def test_parameters_are_taken_or_refused(entra: Provider) -> None:
    for parameters, status in PARAMETERS:
        answer = query(entra, **parameters)
        assert answer.status_code == status, (parameters, answer.text)
        assert answer.json
        assert ("Resources" in answer.json) == (status == 200), parameters
