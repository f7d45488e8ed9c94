"""`listgate service`: a key is printed once and works; who may call is shown and changed."""

import re
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models import ActsFor, Invalid, Unknown
from models.clock import now
from notifications.letters.keys import Keys
from settings import settings
from tests.builders import listgate
from workflows.services.authenticate import NotAuthenticated, key_of_token
from workflows.services.services import service_named

KEYS = Keys.from_settings(settings)
TOKEN = re.compile(r"lgs_\w+\n")


def rows() -> list[list[str]]:
    """The cells of the table, without its heading."""
    said = listgate("service", "list").stdout
    assert not TOKEN.search(said)
    return [re.split(r"\s{2,}", line.strip()) for line in said.splitlines()[1:]]


def test_a_service_is_added_and_its_key_changed_without_a_gap(session: Session) -> None:
    assert listgate("service", "list").stdout.startswith("No services yet: listgate service add")
    first = listgate("service", "add", "crm", "--scope", "read", "--scope", "people").stdout
    assert TOKEN.fullmatch(first)
    key = key_of_token(session, first.strip(), KEYS)
    second = listgate("service", "key", "crm", "--scope", "read", "--days", "30").stdout.strip()

    assert key_of_token(session, second, KEYS).scopes == ["read"]
    assert listgate("service", "revoke", "crm", str(key.id)).stdout == (
        f"The key {key.id} of crm is revoked.\n"
    )

    session.expire_all()
    with pytest.raises(NotAuthenticated):
        key_of_token(session, first.strip(), KEYS)
    ends = key_of_token(session, second, KEYS).expires_at
    assert ends is not None
    assert ends > now() + timedelta(days=29)
    assert [(row[0], row[1], row[2], row[-1][:7]) for row in rows()] == [
        ("crm", "read, people", "everyone", "revoked"),
        ("crm", "read", "everyone", "until 2"),
    ]


def test_a_service_is_changed_disabled_and_enabled(session: Session) -> None:
    token = listgate("service", "add", "crm", "--scope", "read").stdout.strip()

    said = listgate("service", "set", "crm", "--scope", "lists").stdout
    assert said == "crm may: lists; for everyone.\n"
    said = listgate("service", "set", "crm", "--acts-for", "own").stdout
    assert said == "crm may: lists; for own.\n"
    crm = service_named(session, "crm")
    assert (crm.scopes, crm.acts_for) == (["lists"], ActsFor.OWN)

    assert listgate("service", "disable", "crm").stdout == "The service crm is disabled.\n"
    session.expire_all()
    with pytest.raises(NotAuthenticated):
        key_of_token(session, token, KEYS)
    assert rows()[0][-1] == "disabled"
    assert listgate("service", "enable", "crm").stdout == "The service crm is enabled.\n"
    session.expire_all()
    assert key_of_token(session, token, KEYS).service is crm
    assert rows()[0][-1] == "valid"


@pytest.mark.usefixtures("session")
def test_what_cannot_be_is_refused() -> None:
    listgate("service", "add", "crm", "--scope", "read")

    for kind, words in (
        (Invalid, ("add", "crm", "--scope", "read")),
        (Invalid, ("key", "crm", "--scope", "lists")),
        (Unknown, ("key", "register")),
        (Unknown, ("revoke", "crm", "999999999")),
        (Unknown, ("disable", "register")),
    ):
        with pytest.raises(kind):
            listgate("service", *words)
    for words in (("add", "new"), ("add", "new", "--scope", "all"), ("key", "crm", "--days", "0")):
        assert listgate("service", *words).exit_code == 2
