"""Secrets that anyone can know are refused over https, and may be used in the demo over http."""

import os
import secrets

import pytest
from pydantic import ValidationError

from sandbox.phone_exchange import Account
from settings import Settings, from_environment
from settings.secrets import KNOWN_SECRETS, is_weak
from tests.builders import ROOT
from tests.servers import SETTINGS

HTTPS = "https://listgate.example.org"
WEAK = [*sorted(KNOWN_SECRETS), "a" * 40, "0123456789abcdef" * 2, "changeme" * 5, "password" * 4]


@pytest.mark.parametrize("name", ["secret_key", "twilio_auth_token"])
@pytest.mark.parametrize("weak", WEAK)
def test_a_weak_secret_is_refused_over_https_only(
    monkeypatch: pytest.MonkeyPatch, name: str, weak: str
) -> None:
    monkeypatch.delenv("SECRET_KEY")  # the one of the tests is refused, too
    monkeypatch.setenv(name.upper(), weak)
    given = from_environment(os.environ)
    demo = Settings(**given | {"public_url": "http://localhost:8000"})
    with pytest.raises(ValidationError) as refusal:
        Settings(**given | {"public_url": HTTPS})

    (error,) = refusal.value.errors(include_input=False)
    assert f"{name.upper()}: is publicly known or easily guessed" in error["msg"]
    assert weak not in error["msg"]
    assert getattr(demo, name).get_secret_value() == weak


def test_the_secrets_of_the_tests_and_the_sandbox_are_known() -> None:
    sources = [ROOT / "Makefile", *(ROOT / "benchmarks").glob("*.py")]
    written = "".join(each.read_text() for each in sources)

    assert {SETTINGS["SECRET_KEY"], Account.token} <= KNOWN_SECRETS
    assert KNOWN_SECRETS - {SETTINGS["SECRET_KEY"], Account.token} == {
        known for known in KNOWN_SECRETS if known in written
    }


@pytest.mark.parametrize("size", [16, 32])
def test_a_random_secret_is_not_weak(size: int) -> None:
    random = [make(size) for make in (secrets.token_hex, secrets.token_urlsafe) for _ in range(100)]

    assert [each for each in random if is_weak(each)] == []
