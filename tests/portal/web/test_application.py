"""One request is one transaction, read-only for a GET; refusals are caught in one place."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, g
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models import Act, AuditEntry, Door, Invalid, Language, Right, Role, Trespass, User
from models.database import engine, new_session
from portal.app import create_app
from portal.web.flash import flash
from portal.web.sign_in import current_actor, signed_in
from portal.web.throttle import configure_throttle
from settings import settings
from tests.builders import Cast
from tests.portal.visitors import PUBLIC, Visitor, give_password, log_in_as
from workflows.access import require

Login = Callable[[User], Visitor]


def write() -> str:
    g.session.add(Role(name="written", rights=[]))
    g.session.flush()
    return "written"


def write_and_fail() -> str:
    write()
    raise Invalid("There is already a role %(role)s.", role="a & b")


@signed_in
def trespass() -> str:
    write()
    require(current_actor(), Right.EDIT_USERS)
    return "never"


def lock() -> str:
    g.session.scalars(select(User).with_for_update()).all()
    return "locked"


def flash_sentence() -> str:
    flash("It is done.")
    return "flashed"


@pytest.fixture(scope="module")
def module_app() -> Flask:
    """The portal with some views that do what a view should not."""
    made = create_app(settings.model_copy(update={"public_url": PUBLIC}))
    made.config.update(WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=True)
    for view in (write, lock, flash_sentence):
        made.add_url_rule(f"/{view.__name__}", view_func=view, methods=["GET", "POST"])
    for refusing in (write_and_fail, trespass):
        made.add_url_rule(f"/{refusing.__name__}", view_func=refusing, methods=["POST"])
    return made


@pytest.fixture
def app(module_app: Flask, stranger: Visitor) -> Flask:
    """The same, without throttled log-ins."""
    assert stranger
    return module_app


def written(session: Session) -> int:
    found = select(func.count()).select_from(Role).where(Role.name == "written")
    return session.scalar(found) or 0


@pytest.mark.parametrize("page", ["/write", "/lock"])
def test_postgresql_itself_refuses_a_get_that_writes(
    app: Flask, session: Session, page: str
) -> None:
    with pytest.raises(DBAPIError, match="read-only transaction"):
        Visitor(app).get(page)

    assert written(session) == 0


def test_a_head_writes_no_more_than_a_get(app: Flask) -> None:
    with pytest.raises(DBAPIError, match="read-only transaction"):
        app.test_client().head("/write", base_url=PUBLIC)


def test_a_post_that_returns_is_kept(app: Flask, session: Session) -> None:
    assert Visitor(app).post("/write").text == "written"

    assert written(session) == 1


def test_a_post_that_is_refused_is_undone_as_a_whole(app: Flask, session: Session) -> None:
    answer = Visitor(app).post("/write_and_fail")

    assert answer.status_code == 400
    assert "a &amp; b" in answer.text
    assert written(session) == 0


def test_a_trespass_is_undone_and_on_record(app: Flask, session: Session, people: Cast) -> None:
    visitor = log_in_as(session, Visitor(app), people.ada)

    assert visitor.post("/trespass").status_code == 403

    assert "Ada Lovelace lacks the right Edit users (2000)." in visitor.page
    assert written(session) == 0
    refused = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.REFUSED)).one()
    assert (refused.actor_id, refused.door) == (people.ada.id, Door.PORTAL)


def test_a_refusal_is_shown_in_the_readers_language(
    app: Flask, session: Session, people: Cast
) -> None:
    people.ada.language = Language.GERMAN
    visitor = log_in_as(session, Visitor(app), people.ada)

    visitor.post("/trespass")

    assert "Ada Lovelace fehlt das Recht „Personen bearbeiten“ (2000)." in visitor.page
    assert '<html lang="de">' in visitor.page


def test_a_get_that_is_refused_leaves_no_record(as_person: Login, people: Cast) -> None:
    assert as_person(people.ada).get("/users/new").status_code == 403

    with new_session() as session:
        found = select(func.count()).where(AuditEntry.act == Act.REFUSED)
        assert session.scalar(found) == 0


def test_no_connection_is_taken_for_what_asks_the_database_nothing(
    stranger: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> None:
        raise AssertionError("a connection was taken")

    monkeypatch.setattr(engine, "connect", unavailable)

    assert stranger.get("/health").status_code == 200
    assert stranger.get("/static/listgate.css").status_code == 200


def test_an_http_error_has_a_page_of_ours_too(people: Cast, as_person: Login) -> None:
    browser = as_person(people.ada)

    assert browser.get("/no-such-page").status_code == 404
    assert "Ada Lovelace" in browser.page
    assert browser.post("/").status_code in {400, 405}
    assert '<link rel="stylesheet"' in browser.page


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/no-such-page", "Perhaps the address is mistyped"),
        ("/messages/999999", "There is no message 999999."),
        ("/link/" + "a" * 26, "Please open it from the e-mail again."),
    ],
)
def test_an_unknown_page_says_so_to_its_reader(
    people: Cast, as_person: Login, path: str, words: str
) -> None:
    browser = as_person(people.ada)
    heading = "This link is unknown" if "/link/" in path else "There is no such page"

    assert browser.get(path).status_code == 404
    assert f"<h1>{heading}</h1>" in browser.page
    assert words in browser.page
    assert 'aria-label="Main menu"' in browser.page


def test_an_unknown_page_tells_a_stranger_of_links_only(stranger: Visitor) -> None:
    assert stranger.get("/no-such-page").status_code == 404
    assert "<h1>This link is unknown</h1>" in stranger.page


def test_the_address_of_a_form_alone_explains_that_it_is_none_of_a_page(
    people: Cast, as_person: Login
) -> None:
    browser = as_person(people.ada)

    assert browser.get("/requests/1/views").status_code == 405
    assert "only receives a form" in browser.page


@pytest.fixture
def silence() -> Iterator[str]:
    """The URL of a Redis that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield f"redis://127.0.0.1:{door.getsockname()[1]}/0"


@pytest.mark.parametrize("gone", [True, False])
def test_without_redis_people_still_log_in(
    session: Session, people: Cast, stranger: Visitor, silence: str, gone: bool
) -> None:
    url = "redis://127.0.0.1:1/0" if gone else silence
    give_password(session, people.ada, stranger.app, "correct horse battery")
    began = time.monotonic()

    # The throttle is one for all applications of a process.
    configure_throttle(stranger.app, settings.model_copy(update={"redis_url": SecretStr(url)}))
    try:
        fields = {"address": "ada@example.org", "password": "correct horse battery"}
        assert stranger.send("/log-in", **fields).status_code == 303

        assert time.monotonic() - began < 20  # what says nothing says so for ever
        assert stranger.knows_me
        wrong = [stranger.post("/log-in", address="grace@example.org").status_code for _ in "123"]
        assert set(wrong) <= {400, 303}
    finally:
        configure_throttle(stranger.app, settings)


def test_flashed_sentences_are_shown_once(app: Flask) -> None:
    visitor = Visitor(app)
    visitor.post("/flash_sentence")

    assert visitor.get("/log-in").text.count("It is done.") == 1
    assert "It is done." not in visitor.get("/log-in").text


def test_trespass_keeps_facts_in_words() -> None:
    refusal = Trespass("%(user)s is disabled.", user=User(name="Ada"), by_id=1)

    assert str(refusal) == "Ada is disabled."
    assert refusal.facts == {"user": "Ada"}
