"""A session that ends while somebody writes: the form comes back, filled, to them only."""

import re
from collections.abc import Callable

import pytest
import redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Message, User
from models.credentials import new_stamp
from portal.web.kept_form import KEPT_FOR, MAX_KEPT
from tests.builders import Cast, a_request
from tests.portal.visitors import PUBLIC, TOKEN, Visitor, give_password, link_for
from workflows.people.credentials import credentials_of
from workflows.redis_client import redis_client

Login = Callable[[User], Visitor]
PASSWORD = "correct horse battery"
TYPED = {"list": "announce", "subject": "Grüße", "text": "Two hours of <typing>", "html": ""}
OWNER = re.compile(r'name="form_of" value="([^"]+)"')


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    """No form of a test before this one."""
    for key in redis_client.scan_iter("listgate:form:*"):
        redis_client.delete(key)


@pytest.fixture
def ada(session: Session, people: Cast, as_person: Login) -> Visitor:
    """Her browser, in which she writes; she knows a password."""
    visitor = as_person(people.ada)
    give_password(session, people.ada, visitor.app, PASSWORD)
    visitor.get("/messages/new")
    return visitor


def hidden(visitor: Visitor) -> dict[str, str]:
    """The hidden fields of the form that is open."""
    token, owner = TOKEN.search(visitor.page), OWNER.search(visitor.page)
    assert token
    assert owner
    return {"csrf_token": token[1], "form_of": owner[1]}


def lose_cookie(visitor: Visitor) -> None:
    """After fourteen days the browser forgets it."""
    visitor.client.delete_cookie("__Host-listgate", domain="listgate.example.org")


def log_in(visitor: Visitor, name: str = "ada", onward: str = "/") -> str:
    """Log in with the password; returns where that leads."""
    visitor.get("/log-in")
    answer = visitor.send("/log-in", address=f"{name}@example.org", password=PASSWORD, next=onward)
    assert answer.status_code == 303
    return str(answer.location)


def messages(session: Session) -> list[Message]:
    return list(session.scalars(select(Message)))


@pytest.mark.parametrize("end", ["cookie", "sessions"])
def test_what_was_typed_is_in_the_form_again_after_the_log_in(
    session: Session, people: Cast, ada: Visitor, end: str
) -> None:
    fields = hidden(ada) | TYPED
    if end == "cookie":
        lose_cookie(ada)
    else:
        credentials_of(session, people.ada).session_stamp = new_stamp()
        session.flush()

    answer = ada.post("/messages/new", **fields)

    assert (answer.status_code, answer.location) == (303, "/log-in?next=/messages/new")
    assert "kept for half an hour" in ada.get(str(answer.location)).text
    assert log_in(ada) == "/messages/new?kept=yes"
    for _ in range(2):  # a page may be reloaded
        page = ada.get("/messages/new?kept=yes").text
        assert "Two hours of &lt;typing&gt;</textarea>" in page
        assert 'value="Grüße"' in page
        assert "nothing has been saved yet" in page
    assert messages(session) == []
    assert ada.send("/messages/new?kept=yes", **TYPED).status_code == 303
    assert [one.subject for one in messages(session)] == ["Grüße"]
    assert "Two hours" not in ada.get("/messages/new").text


def test_a_mailed_link_leads_to_the_form_too(session: Session, people: Cast, ada: Visitor) -> None:
    fields = hidden(ada) | TYPED
    lose_cookie(ada)
    ada.post("/messages/new", **fields)
    ada.get("/letter/log-in")
    ada.send("/letter/log-in", address="ada@example.org")
    link = link_for(session, people.ada)
    ada.get(link)

    assert ada.send(link).location == "/messages/new?kept=yes"
    assert "Two hours" in ada.get("/messages/new?kept=yes").text


def test_who_logged_in_in_another_window_gets_the_form_back_at_once(
    session: Session, ada: Visitor
) -> None:
    fields = hidden(ada) | TYPED
    ada.send("/log-out")
    log_in(ada)

    answer = ada.post("/messages/new", **fields)

    assert answer.status_code == 400
    assert "Two hours of &lt;typing&gt;</textarea>" in answer.text
    assert "nothing has been saved yet" in answer.text
    assert messages(session) == []


def test_the_next_person_at_the_browser_is_shown_nothing(
    session: Session, people: Cast, ada: Visitor
) -> None:
    give_password(session, people.grace, ada.app, PASSWORD)
    fields = hidden(ada) | TYPED
    lose_cookie(ada)
    ada.post("/messages/new", **fields)

    assert log_in(ada, "grace") == "/"

    assert "Two hours" not in ada.get("/messages/new?kept=yes").text
    again = ada.post("/messages/new", **fields)
    assert again.status_code == 400
    assert "Two hours" not in again.text


@pytest.mark.parametrize("owner", ["", "1", "MQ.forged"])
def test_a_form_of_another_site_is_neither_kept_nor_shown(
    session: Session, ada: Visitor, owner: str
) -> None:
    fields = hidden(ada) | {"form_of": owner, "csrf_token": "x"} | TYPED

    shown = ada.post("/messages/new", **fields)
    lose_cookie(ada)
    lost = ada.post("/messages/new", **fields)

    assert (shown.status_code, lost.status_code) == (400, 400)
    assert "Two hours" not in shown.text + lost.text
    assert list(redis_client.scan_iter("listgate:form:*")) == []
    assert messages(session) == []


def test_neither_passwords_nor_tokens_are_kept_and_nothing_for_long(
    people: Cast, as_person: Login
) -> None:
    edsger = as_person(people.edsger)
    edsger.get("/account/password")
    fields = hidden(edsger) | {"new": "a very secret horse"}
    lose_cookie(edsger)

    edsger.post("/account/password", **fields)

    (key,) = redis_client.scan_iter("listgate:form:*")
    content = redis_client.get(key)
    assert content == b"[]"
    assert 0 < redis_client.ttl(key) <= KEPT_FOR.total_seconds()


def test_a_comment_of_an_approver_comes_back(
    session: Session, people: Cast, as_person: Login
) -> None:
    request, grace = a_request(session, people), as_person(people.grace)
    give_password(session, people.grace, grace.app, PASSWORD)
    grace.send(f"/requests/{request.id}/views")
    grace.get(f"/requests/{request.id}")
    fields = hidden(grace) | {"verdict": "rejected", "comment": "The date is a Sunday."}
    lose_cookie(grace)

    grace.post(f"/requests/{request.id}/decision", **fields)
    onward = log_in(grace, "grace")

    assert onward == f"/requests/{request.id}/decision?kept=yes"
    assert "The date is a Sunday.</textarea>" in grace.get(onward).text


def test_what_cannot_be_kept_gets_advice_that_loses_nothing(
    ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = hidden(ada) | TYPED
    lose_cookie(ada)

    def away(*_: object, **__: object) -> None:
        raise redis.ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(redis_client, "set", away)
        without_redis = ada.post("/messages/new", **fields)
    large = ada.post("/messages/new", **(fields | {"text": "x" * MAX_KEPT}))

    assert (without_redis.status_code, large.status_code) == (400, 413)
    for answer in (without_redis, large):
        assert "where your text still is" in answer.text
        assert "reload" not in answer.text
    assert ada.client.get("/", base_url=PUBLIC).status_code == 303
