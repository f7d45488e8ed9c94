"""The throttle of log-ins: guesses are counted per person, network and known device."""

import pytest
from flask_limiter.util import get_remote_address
from sqlalchemy.orm import Session

from models import User
from settings import settings
from tests.builders import Cast
from tests.portal.visitors import PUBLIC, Visitor, app_for, forget_guesses, give_password

PASSWORD = "correct horse battery"
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


@pytest.mark.parametrize(
    ("proxies", "seen"), [(0, "127.0.0.1"), (1, "192.0.2.2"), (2, "192.0.2.1")]
)
def test_only_the_trusted_proxies_say_where_a_client_is(
    stranger: Visitor, proxies: int, seen: str
) -> None:
    assert stranger
    app = app_for(settings.model_copy(update={"public_url": PUBLIC, "trusted_proxies": proxies}))
    headers = {"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}

    with app.test_client() as client:
        client.get("/health", headers=headers)

        assert get_remote_address() == seen


def test_no_proxy_is_trusted_unless_the_operator_says_so() -> None:
    assert settings.trusted_proxies == 0
