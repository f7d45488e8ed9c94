"""Change a password: with the old one, and every other session ends."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import Credentials, Invalid, User
from portal.accounts.guessable import require_good_password
from portal.app import app
from tests.builders import Cast
from tests.portal.visitors import Visitor, give_password

OLD, NEW = "correct horse battery", "an even better one"
EASY = "This password is easy to guess"
# Of the passwords that people choose most, some of those with twelve characters and more.
COMMON = [
    "123456789012",
    "password1234",
    "passwordpassword",
    "qwertyuiop12",
    "qwertyuiopasdfghjkl",
    "iloveyou1234",
    "Football2024",
    "P@ssw0rd1234",
    "aaaaaaaaaaaa",
    "abcdefghijkl",
    "passwort1234",
    "motdepasse12",
    "x" * 1024,
]
OF_ADA = [
    "ada@example.org",
    "ADA@EXAMPLE.ORG1",
    "Listgate2026",
    "listgate-LISTGATE",
    "Lovelace!Ada+Listgate=7",
]
Login = Callable[[User], Visitor]


@pytest.fixture
def ada(session: Session, people: Cast, stranger: Visitor) -> User:
    give_password(session, people.ada, stranger.app, OLD)
    return people.ada


def test_a_hash_is_dear_to_who_steals_it() -> None:
    hashing = app.extensions["security"].pwd_context

    assert hashing.hash(OLD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_the_hash_is_argon2id_and_the_old_password_ends(
    session: Session, ada: User, as_person: Login, stranger: Visitor
) -> None:
    assert as_person(ada).send("/account/password", old=OLD, new=NEW).status_code == 303

    kept = session.get_one(Credentials, ada.id, populate_existing=True)
    assert str(kept.password_hash).startswith("$argon2id$")
    fields = {"address": ada.address, "next": "/"}
    assert stranger.send("/log-in", **fields, password=OLD).status_code == 400
    assert stranger.send("/log-in", **fields, password=NEW).status_code == 303


def test_this_session_continues_and_every_other_one_ends(ada: User, as_person: Login) -> None:
    here, elsewhere = as_person(ada), as_person(ada)

    here.send("/account/password", old=OLD, new=NEW)

    assert here.knows_me
    assert "All your other sessions have ended." in here.page
    assert not elsewhere.knows_me


def test_an_invalid_password_changes_nothing(session: Session, ada: User, as_person: Login) -> None:
    before = session.get_one(Credentials, ada.id).password_hash
    browser = as_person(ada)

    for old, new, why in [
        ("wrong", NEW, "The old password is wrong."),
        ("x" * 5000, NEW, "The old password is wrong."),
        (OLD, "short", "at least 12 characters"),
        (OLD, "x1 y" * 300, "at most 1,024 characters"),
        (OLD, "\ufdfa" * 100, "at most 1,024 characters"),
        (OLD, "Listgate2026", EASY),
    ]:
        assert browser.send("/account/password", old=old, new=new).status_code == 400
        assert why in browser.page
    kept = session.get_one(Credentials, ada.id, populate_existing=True)
    assert kept.password_hash == before
    assert browser.knows_me


def test_the_first_password_needs_no_old_one(people: Cast, as_person: Login) -> None:
    browser = as_person(people.grace)
    browser.get("/account/password")
    assert "Old password" not in browser.page

    assert browser.send("/account/password", new=NEW).status_code == 303


def test_a_password_that_is_easy_to_guess_is_refused(people: Cast) -> None:
    for easy in [*COMMON, *OF_ADA]:
        with pytest.raises(Invalid, match=EASY):
            require_good_password(easy, people.ada)


@pytest.mark.parametrize("long", [f"{'correct horse ' * 73}ab", "\U0001f40e and a horse " * 80])
def test_a_password_of_1024_characters_counts_in_full(
    ada: User, as_person: Login, stranger: Visitor, long: str
) -> None:
    chosen = long[:1024]
    assert len(chosen) == 1024
    assert as_person(ada).send("/account/password", old=OLD, new=chosen).status_code == 303

    fields = {"address": ada.address, "next": "/"}
    assert stranger.send("/log-in", **fields, password=chosen[:-1]).status_code == 400
    assert stranger.send("/log-in", **fields, password=chosen).status_code == 303
