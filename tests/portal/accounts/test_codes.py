"""The second factor: a code of the telephone, on, at the log-in, once, and off."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import Actor, Credentials, Door, Trespass, User
from portal.accounts.security import Codes
from tests.builders import Cast
from tests.portal.accounts.telephone import PASSWORD, code, half_way, turn_on
from tests.portal.visitors import Visitor, counted, give_password
from workflows.people.credentials import credentials_of, turn_off_codes

Login = Callable[[User], Visitor]


@pytest.fixture
def key(session: Session, people: Cast, stranger: Visitor) -> str:
    """Ada's secret, which is on; her password is known too."""
    give_password(session, people.ada, stranger.app, PASSWORD)
    return turn_on(session, people.ada, stranger.app)


def test_the_password_alone_no_longer_logs_in(stranger: Visitor, key: str) -> None:
    assert key
    half_way(stranger)

    assert not stranger.knows_me


def test_password_and_code_let_in(stranger: Visitor, key: str) -> None:
    half_way(stranger)
    assert stranger.get("/log-in/code?next=/").status_code == 200

    assert stranger.send("/log-in/code", code=code(key), next="/").location == "/"

    assert stranger.knows_me


def test_a_code_counts_once(stranger: Visitor, key: str) -> None:
    used = code(key)
    half_way(stranger)
    assert stranger.send("/log-in/code", code=used).status_code == 303
    other = Visitor(stranger.app)
    half_way(other)

    assert other.send("/log-in/code", code=used).status_code == 400
    assert not other.knows_me


def test_a_wrong_or_old_code_does_not_let_in(stranger: Visitor, key: str) -> None:
    half_way(stranger)

    for wrong in ("", "000", "abcdef", "1234567", "\0", code(key, slots=-4)):
        assert stranger.send("/log-in/code", code=wrong).status_code == 400
        assert "This code is wrong" in stranger.page
    assert not stranger.knows_me


def test_codes_cannot_be_guessed_one_after_the_other(stranger: Visitor, key: str) -> None:
    half_way(stranger)
    with counted(9):
        assert stranger.send("/log-in/code", code="").status_code == 400
    assert stranger.send("/log-in/code", code="").status_code == 400

    assert stranger.send("/log-in/code", code=code(key)).status_code == 429


def test_without_the_password_no_code_is_asked_for(stranger: Visitor, key: str) -> None:
    assert stranger.get("/log-in/code").status_code == 303

    assert stranger.send("/log-in/code", code=code(key)).location.startswith("/log-in?")
    assert not stranger.knows_me


def test_a_wrong_first_code_turns_nothing_on(
    session: Session, people: Cast, as_person: Login
) -> None:
    browser = as_person(people.ada)
    browser.get("/account/codes")

    assert browser.send("/account/codes", code="123").status_code == 400

    kept = session.get_one(Credentials, people.ada.id, populate_existing=True)
    assert kept.totp_secret is None


def test_the_secret_is_encrypted_where_it_is_kept(session: Session, people: Cast, key: str) -> None:
    kept = session.get_one(Credentials, people.ada.id, populate_existing=True)

    assert kept.totp_secret
    assert key not in kept.totp_secret


def test_one_more_code_turns_it_off(people: Cast, as_person: Login, key: str) -> None:
    browser = as_person(people.ada)

    assert browser.send("/account/codes", code="000").status_code == 400
    assert browser.send("/account/codes", code=code(key)).status_code == 303

    browser.get("/account/codes")
    assert "From now on you log in without a code." in browser.page


def test_an_administrator_resets_the_second_factor_of_a_user(
    session: Session, people: Cast, key: str
) -> None:
    assert key
    with pytest.raises(Trespass):
        turn_off_codes(session, people.ada, actor=Actor(people.edsger, Door.PORTAL))

    turn_off_codes(session, people.ada, actor=Actor(people.barbara, Door.PORTAL))

    assert session.get_one(Credentials, people.ada.id).totp_secret is None


def test_a_code_from_before_a_new_secret_key_is_refused_like_a_wrong_one(
    session: Session, people: Cast, stranger: Visitor, key: str
) -> None:
    before = Codes({"1": "an earlier key"}, "Listgate")
    credentials_of(session, people.ada).totp_secret = before._totp(key=key).to_json()
    session.flush()
    half_way(stranger)

    assert stranger.send("/log-in/code", code=code(key), next="/").status_code == 400
    assert "This code is wrong" in stranger.page
