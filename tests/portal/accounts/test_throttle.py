"""The throttle of log-ins: guesses are counted per person, network and known device."""

import pytest
from flask import Flask
from flask_limiter.util import get_remote_address
from sqlalchemy.orm import Session

from models import User
from settings import settings
from tests.builders import Cast
from tests.portal.visitors import Visitor, an_app, counted, forget_guesses, give_password

PASSWORD = "correct horse battery"
DEVICE = "__Host-listgate-device"
# Spellings of her address that the log-in form accepts; one domain is in full-width letters.
WIDE = "".join(chr(ord(letter) + 0xFEE0) for letter in "example")
SPELLINGS = ["ada@example.org", f"ada@{WIDE}.org", "ADA@EXAMPLE.ORG", f" Ada@{WIDE[:3]}mple.org"]


@pytest.fixture
def ada(session: Session, people: Cast, stranger: Visitor) -> User:
    """Ada, who knows a password."""
    give_password(session, people.ada, stranger.app, PASSWORD)
    return people.ada


def guess(visitor: Visitor, address: str, *, password: str = "") -> int:
    return visitor.send("/log-in", address=address, password=password).status_code


def known_device(app: Flask) -> Visitor:
    """Return a browser in which Ada has logged in, and out again."""
    browser = Visitor(app)
    assert guess(browser, "ada@example.org", password=PASSWORD) == 303
    log_out(browser)
    return browser


def log_out(browser: Visitor) -> None:
    browser.page = ""
    assert browser.send("/log-out").status_code == 303


def lock(browser: Visitor, name: str = "ada") -> None:
    """Let this browser guess the password of one person until it may not."""
    with counted(10):
        assert guess(browser, f"{name}@example.org") == 400


def test_a_code_that_is_not_asked_for_logs_no_error(
    stranger: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    stranger.get("/log-in")

    assert stranger.send("/log-in/code", code="000000").status_code == 303
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def ask_letter(visitor: Visitor) -> int:
    return visitor.send("/letter/log-in", address="ada@example.org").status_code


def test_every_spelling_of_an_address_counts_as_the_same_person(
    stranger: Visitor, ada: User
) -> None:
    assert ada
    for spelling in SPELLINGS:
        forget_guesses(stranger.app)
        assert guess(Visitor(stranger.app), spelling, password=PASSWORD) == 303
    forget_guesses(stranger.app)

    tries = [guess(stranger, SPELLINGS[turn % len(SPELLINGS)]) for turn in range(11)]

    assert tries == [400] * 10 + [429]


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "192.0.2.2")])
def test_only_the_trusted_proxies_say_where_a_client_is(proxies: int, seen: str) -> None:
    headers = {"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}

    with an_app(**{"trusted_proxies": proxies} if proxies else {}).test_client() as client:
        client.get("/health", headers=headers)

        assert get_remote_address() == seen


def test_no_proxy_is_trusted_unless_the_operator_says_so() -> None:
    assert settings.trusted_proxies == 0


def test_a_strangers_guesses_leave_a_known_device_its_own(stranger: Visitor, ada: User) -> None:
    home = known_device(stranger.app)
    lock(stranger)

    assert guess(Visitor(stranger.app), "ada@example.org", password=PASSWORD) == 429
    assert guess(home, f"ADA@{WIDE}.org", password=PASSWORD) == 303
    assert ada


def test_a_known_device_has_ten_guesses_and_no_more(stranger: Visitor, ada: User) -> None:
    home = known_device(stranger.app)

    with counted(9):
        assert guess(home, "ada@example.org") == 400
    assert [guess(home, "ada@example.org") for _ in range(2)] == [400, 429]

    assert guess(stranger, "ada@example.org", password=PASSWORD) == 303
    assert ada


def test_a_known_device_is_known_for_its_own_person_only(
    session: Session, people: Cast, stranger: Visitor, ada: User
) -> None:
    give_password(session, people.grace, stranger.app, PASSWORD)
    home = known_device(stranger.app)
    assert ada
    lock(stranger, "grace")

    assert guess(home, "grace@example.org", password=PASSWORD) == 429


def test_a_device_is_unknown_after_a_new_password(stranger: Visitor, ada: User) -> None:
    home, elsewhere = known_device(stranger.app), known_device(stranger.app)
    guess(home, "ada@example.org", password=PASSWORD)
    home.page = ""
    assert home.send("/account/password", old=PASSWORD, new="an even better one").status_code == 303
    log_out(home)
    lock(stranger)

    assert guess(elsewhere, "ada@example.org", password="an even better one") == 429
    assert guess(home, "ada@example.org", password="an even better one") == 303
    assert ada


def test_a_forged_cookie_makes_no_known_device(stranger: Visitor, ada: User) -> None:
    assert ada
    lock(stranger)

    for forged in ("", "made.up", "WyJhIiwiYiJd.made.up"):
        stranger.client.set_cookie(DEVICE, forged, domain="listgate.example.org", secure=True)
        assert guess(stranger, "ada@example.org", password=PASSWORD) == 429


def test_the_cookie_of_a_device_is_out_of_reach_of_scripts_and_neighbours(
    stranger: Visitor, ada: User
) -> None:
    assert ada
    answer = stranger.send("/log-in", address="ada@example.org", password=PASSWORD)

    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(DEVICE)]
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=31536000"} <= {
        *cookie.split("; ")
    }
    assert "ada" not in cookie


def test_client_addresses_are_counted_for_known_devices_too(stranger: Visitor, ada: User) -> None:
    home = known_device(stranger.app)
    with counted(99):
        assert guess(stranger, "nobody@example.org") == 400
    assert guess(stranger, "someone@example.org") == 400

    assert guess(home, "ada@example.org", password=PASSWORD) == 429
    assert ada


def test_strangers_do_not_use_up_the_letters_of_a_known_device(
    stranger: Visitor, ada: User
) -> None:
    home = known_device(stranger.app)
    with counted(5):
        assert ask_letter(stranger) == 303

    assert ask_letter(stranger) == 429
    assert ask_letter(home) == 303
    assert ada
