"""A service pages through lists, people and messages, and sees only what it may."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ActsFor, ExternalId, MessageState, ServiceKey
from tests.builders import Cast, a_draft, a_list, person
from tests.portal.api.client import Client, a_key, token_of
from tests.portal.web.statements import counted
from workflows.public.listings import cursor_of


def pages(client: Client, path: str) -> list[dict[str, Any]]:
    """Follow the links to the last page; return the rows."""
    rows: list[dict[str, Any]] = []
    following: str | None = path
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        assert answer.json
        rows += answer.json["items"]
        link = answer.headers.get("Link")
        assert (link is None) == ("next" not in answer.json)
        if link:
            assert link.endswith('>; rel="next"')
        following = link.partition(">")[0].removeprefix("</api/v1") if link else None
    return rows


def test_pages_lead_to_every_row_once(session: Session, register: Client) -> None:
    for number in range(5):
        a_list(session, f"list-{number}")

    rows = pages(register, "/lists?limit=2")

    assert [row["list"] for row in rows] == [*(f"list-{n}" for n in (4, 3, 2, 1, 0)), "announce"]
    assert rows == pages(register, "/lists")


def test_a_row_that_is_added_moves_no_other(session: Session, register: Client) -> None:
    a_list(session, "one")
    first = register.get("/lists?limit=1")
    assert first.json

    a_list(session, "two")
    second = register.get(f"/lists?limit=1&cursor={first.json['next']}")

    assert second.json
    assert [first.json["items"][0]["list"], second.json["items"][0]["list"]] == ["one", "announce"]


def test_people_have_the_services_own_keys_and_nobody_elses(
    session: Session, people: Cast, register: Client
) -> None:
    ours = session.scalars(select(ServiceKey)).one().service_id
    other = a_key(session, name="other").service_id
    for service, key in ((ours, "ours"), (other, "theirs")):
        session.add(ExternalId(service_id=service, key=key, user_id=people.ada.id))
    session.flush()

    rows = {row["name"]: row for row in pages(register, "/people?limit=2")}

    assert rows["Ada Lovelace"] == {
        "user_id": people.ada.id,
        "name": "Ada Lovelace",
        "address": "ada@example.org",
        "language": "en",
        "disabled": False,
        "external_id": "ours",
    }
    assert "external_id" not in rows["Grace Hopper"]


def test_a_service_that_acts_for_its_own_people_sees_them_alone(
    session: Session, people: Cast, register: Client
) -> None:
    key = a_key(session, name="own", acts_for=ActsFor.OWN)
    own = Client(register.app, token_of(key))
    draft = a_draft(session, people)
    assert pages(own, "/people") == pages(own, "/messages") == []

    session.add(ExternalId(service_id=key.service_id, key="1", user_id=people.ada.id))
    session.flush()

    assert [row["user_id"] for row in pages(own, "/people")] == [people.ada.id]
    assert [row["message_id"] for row in pages(own, "/messages")] == [draft.id]


def test_messages_are_found_by_list_and_state(
    session: Session, people: Cast, register: Client
) -> None:
    a_list(session, "staff")
    draft = a_draft(session, people)

    found = {
        query: [row["message_id"] for row in pages(register, f"/messages?{query}")]
        for query in ("list=announce", "list=staff", "state=draft", "state=sent")
    }

    assert list(found.values()) == [[draft.id], [], [draft.id], []]
    assert draft.state is MessageState.DRAFT


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=x", "limit=1&limit=1"]
)
def test_a_wrong_query_is_refused(register: Client, query: str) -> None:
    answer = register.get(f"/people?{query}")

    assert answer.status_code == 400
    assert answer.json
    assert answer.json["code"] == "invalid"


def test_a_cursor_has_one_spelling(register: Client) -> None:
    for cursor in (cursor_of(0), cursor_of(1) + "=", cursor_of(2**63), "cm93OjE*", "é", ""):
        assert register.get("/people", query_string={"cursor": cursor}).status_code == 400
    assert register.get(f"/people?cursor={cursor_of(1)}").json == {"items": []}


def test_an_answer_that_has_not_changed_is_not_sent_again(
    session: Session, register: Client
) -> None:
    first = register.get("/lists")
    tag = first.headers["ETag"]

    again = register.get("/lists", headers={"If-None-Match": tag})
    a_list(session, "staff")
    changed = register.get("/lists", headers={"If-None-Match": tag})

    assert not tag.startswith("W/")
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert changed.status_code == 200
    assert first.headers["Cache-Control"] == "private, no-cache"


def test_a_page_of_many_rows_takes_no_more_statements(session: Session, register: Client) -> None:
    sent = {}
    for path in ("/lists", "/people", "/messages"):
        register.get(path)  # which notes the use of the key
        with counted() as count:
            register.get(path)
        sent[path] = count()
    for number in range(5):
        a_list(session, f"list-{number}")
        person(session, f"User{number}")
    session.flush()

    for path, number in sent.items():
        with counted() as count:
            register.get(path)
        assert count() == number <= 5
