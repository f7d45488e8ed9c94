"""Log-in and log-out; a refused log-in does not say why."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, Door, PortalSession, User
from portal.web.sign_in import safe_next
from tests.builders import Cast
from tests.portal.visitors import PUBLIC, Visitor, counted, give_password, hashes_computed
from workflows.people import credentials, sessions

PASSWORD = "correct horse battery"
Login = Callable[[User], Visitor]


@pytest.fixture
def ada(session: Session, people: Cast, stranger: Visitor) -> User:
    """Ada, who knows a password."""
    give_password(session, people.ada, stranger.app, PASSWORD)
    return people.ada


def log_in(visitor: Visitor, address: str, password: str, onward: str = "/") -> int:
    answer = visitor.send("/log-in", address=address, password=password, next=onward)
    return answer.status_code


def test_the_right_password_logs_in_and_is_audited(
    session: Session, stranger: Visitor, ada: User
) -> None:
    assert not stranger.knows_me

    answer = stranger.send("/log-in", address=" ADA@example.org ", password=PASSWORD, next="/")

    assert (answer.status_code, answer.location) == (303, "/")
    assert "Welcome, Ada Lovelace" in stranger.get("/").text
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.LOGGED_IN)).one()
    assert (entry.actor_id, entry.detail["how"]) == (ada.id, "password")


WRONG = [
    ("ada@example.org", "wrong"),
    ("ada@example.org", ""),
    ("grace@example.org", PASSWORD),  # has none
    ("nobody@example.org", PASSWORD),
    ("no address", PASSWORD),
    ("", ""),
    ("a\0b@example.org", PASSWORD),
    ("ada@example.org", "x" * 5000),
    ("nobody@example.org", "\ufdfa" * 1000),  # 18,000 characters in its normal form
]


def test_whatever_is_wrong_gets_the_same_answer_after_the_same_work(
    stranger: Visitor, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ada
    work = hashes_computed(stranger, monkeypatch)

    for address, password in WRONG:
        work.clear()
        assert log_in(stranger, address, password) == 400, address
        assert "The address or the password is wrong." in stranger.page, address
        assert len(work) == 1, address
    assert not stranger.knows_me


def test_the_form_keeps_the_input_except_the_password(stranger: Visitor, ada: User) -> None:
    assert ada
    log_in(stranger, "ada@example.org", "my wrong secret", "/account/password")

    assert 'value="ada@example.org"' in stranger.page
    assert 'value="/account/password"' in stranger.page
    assert "my wrong secret" not in stranger.page
    assert 'aria-describedby="refusal"' in stranger.page


def test_a_disabled_person_is_not_let_in(session: Session, stranger: Visitor, ada: User) -> None:
    ada.disabled_at = ada.created_at
    session.flush()

    assert log_in(stranger, "ada@example.org", PASSWORD) == 400


def test_the_session_of_a_person_ends_when_they_are_disabled(
    session: Session, people: Cast, as_person: Login
) -> None:
    browser = as_person(people.ada)
    assert browser.knows_me

    people.ada.disabled_at = people.ada.created_at
    session.flush()

    assert not browser.knows_me


def test_logging_out_ends_this_session(people: Cast, as_person: Login) -> None:
    browser = as_person(people.ada)
    assert browser.knows_me

    assert browser.send("/log-out").status_code == 303

    assert not browser.knows_me


def test_a_copied_cookie_does_not_work_after_the_log_out(
    people: Cast, as_person: Login, stranger: Visitor
) -> None:
    browser, elsewhere = as_person(people.ada), as_person(people.ada)
    cookie = browser.client.get_cookie("__Host-listgate", "listgate.example.org")
    assert cookie
    copy = {"Cookie": f"__Host-listgate={cookie.value}"}
    thief = stranger.app.test_client(use_cookies=False)
    assert thief.get("/", base_url=PUBLIC, headers=copy).status_code == 200

    browser.send("/log-out")

    assert thief.get("/", base_url=PUBLIC, headers=copy).status_code == 303
    assert elsewhere.knows_me


def test_logging_in_again_ends_the_session_before(stranger: Visitor, ada: User) -> None:
    log_in(stranger, "ada@example.org", PASSWORD)
    stranger.get("/")
    first = stranger.client.get_cookie("__Host-listgate", "listgate.example.org")
    assert first
    assert ada

    log_in(stranger, "ada@example.org", PASSWORD)

    assert stranger.knows_me
    stranger.client.set_cookie(
        "__Host-listgate", first.value, domain="listgate.example.org", secure=True
    )
    assert not stranger.knows_me


def test_a_session_without_an_id_or_of_somebody_else_is_nobodys(
    session: Session, people: Cast, as_person: Login
) -> None:
    browser = as_person(people.ada)
    for wrong in ("", sessions.begin_session(session, people.grace)):
        with browser.client.session_transaction(base_url=PUBLIC) as cookie:
            cookie["session_id"] = wrong

        assert not browser.knows_me


def test_a_session_ends_a_year_after_its_log_in(
    session: Session, people: Cast, as_person: Login
) -> None:
    browser, young = as_person(people.ada), as_person(people.grace)
    (row,) = session.scalars(
        select(PortalSession).where(PortalSession.user_id == people.ada.id)
    ).all()
    row.began_at -= sessions.LONGEST_SESSION
    session.flush()
    assert not browser.knows_me

    sessions.forget_old_sessions(session)

    assert session.scalars(select(PortalSession.user_id)).all() == [people.grace.id]
    assert young.knows_me


def test_logging_out_takes_a_form(people: Cast, as_person: Login) -> None:
    browser = as_person(people.ada)

    assert browser.get("/log-out").status_code == 405
    assert browser.post("/log-out").status_code == 400
    assert browser.knows_me


def test_the_log_in_does_not_redirect_to_another_site(stranger: Visitor, ada: User) -> None:
    assert ada
    fields = {"address": "ada@example.org", "password": PASSWORD, "next": "//evil.example"}
    answer = stranger.send("/log-in", **fields)

    assert (answer.status_code, answer.location) == (303, "/")
    for elsewhere in ("https://evil.example", "/\\evil.example", "evil", "", "/a\r\nX: y"):
        assert safe_next(elsewhere) == "/"


def test_a_stranger_logs_in_first_and_comes_back(stranger: Visitor, ada: User) -> None:
    assert ada
    sent = stranger.get("/account/password?a=1")
    assert (sent.status_code, sent.location) == (303, "/log-in?next=/account/password?a%3D1")
    stranger.get(sent.location)

    answer = stranger.send(
        sent.location, address="ada@example.org", password=PASSWORD, next="/account/password?a=1"
    )

    assert answer.location == "/account/password?a=1"


def test_a_script_of_a_stranger_is_not_sent_to_the_log_in(stranger: Visitor) -> None:
    assert stranger.get("/account/password", X_Live="1").status_code == 401


def test_a_stranger_who_asks_for_the_head_of_a_page_is_sent_to_the_log_in(
    stranger: Visitor,
) -> None:
    answer = stranger.client.head("/account/password", base_url=PUBLIC)

    assert (answer.status_code, answer.location) == (303, "/log-in?next=/account/password")


def test_a_form_without_its_token_is_refused(people: Cast, as_person: Login, ada: User) -> None:
    browser = as_person(ada)
    assert people

    assert browser.post("/account/password", old=PASSWORD, new="x" * 20).status_code == 400
    assert browser.post("/account/password", csrf_token="made up", new="x" * 20).status_code == 400


def test_after_ten_wrong_passwords_the_right_one_waits_too(stranger: Visitor, ada: User) -> None:
    assert ada
    with counted(9):
        assert log_in(stranger, "ada@example.org", "wrong") == 400
    assert log_in(stranger, "ada@example.org", "wrong") == 400

    assert log_in(stranger, " ADA@example.org", PASSWORD) == 429
    assert "Too many attempts" in stranger.page
    assert log_in(stranger, "grace@example.org", PASSWORD) == 400


def test_right_passwords_are_not_counted(stranger: Visitor, ada: User) -> None:
    assert ada
    with counted(100):
        assert log_in(stranger, "ada@example.org", PASSWORD) == 303

    assert log_in(Visitor(stranger.app), "ada@example.org", PASSWORD) == 303


def test_an_old_session_is_void_after_all_were_ended(
    session: Session, people: Cast, as_person: Login
) -> None:
    browser = as_person(people.ada)

    credentials.change_password(session, "a hash", actor=Actor(people.ada, Door.PORTAL))
    session.flush()

    assert not browser.knows_me
