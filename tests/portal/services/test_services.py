"""Services on their pages: added, changed, disabled; keys made, shown once, and revoked."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ActsFor, Scope, Service, ServiceKey, User
from models.clock import now
from portal.services import services as pages
from tests.builders import Cast
from tests.letter_context import KEYS
from tests.portal.visitors import Visitor
from tests.workflows.services.callers import a_key, token_of
from workflows.services.authenticate import key_of_token

Login = Callable[[User], Visitor]
CRM: dict[str, str | list[str]] = {"name": "crm", "scope": ["read", "people"], "acts_for": "own"}


@pytest.fixture
def barbara(people: Cast, as_person: Login) -> Visitor:
    return as_person(people.barbara)


def tokens(page: str) -> list[str]:
    """The tokens that a page shows."""
    return re.findall(r"lgs_\w+", page)


def test_a_new_service_has_a_key_that_is_shown_once(session: Session, barbara: Visitor) -> None:
    answer = barbara.send("/services/new", **CRM)
    service = session.scalars(select(Service)).one()
    assert (service.scopes, service.acts_for) == (["read", "people"], ActsFor.OWN)
    path = f"/services/{service.id}"
    assert answer.headers["Location"] == path

    assert barbara.get(path).headers["Cache-Control"] == "no-store"
    (token,) = tokens(barbara.page)
    assert key_of_token(session, token, KEYS).service is service
    barbara.get(path)
    assert tokens(barbara.page) == []

    barbara.get("/services")
    assert "only people that it has brought" in barbara.page
    barbara.get("/trail")
    assert "Barbara Liskov added the service crm" in barbara.page


def test_the_key_is_shown_on_the_page_of_its_service_and_not_for_ever(
    session: Session, barbara: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = a_key(session), a_key(session, "register")
    barbara.send(f"/services/{first.service_id}/keys")
    barbara.get(f"/services/{other.service_id}")
    assert tokens(barbara.page) == []

    barbara.send(f"/services/{first.service_id}/keys")
    later = now() + timedelta(minutes=11)
    monkeypatch.setattr(pages, "now", lambda: later)
    barbara.get(f"/services/{first.service_id}")
    assert tokens(barbara.page) == []


def test_a_service_is_changed_disabled_and_enabled(session: Session, barbara: Visitor) -> None:
    key = a_key(session)
    path, token = f"/services/{key.service_id}", token_of(key)

    assert barbara.send(path, scope="lists", acts_for="own").status_code == 303
    session.refresh(key.service)
    assert (key.service.scopes, key.service.acts_for) == (["lists"], ActsFor.OWN)
    for standing, valid in (("disabled", False), ("enabled", True)):
        assert barbara.send(f"{path}/standing", standing=standing).status_code == 303
        session.expire_all()
        assert key.is_valid is valid
        barbara.get(path)
        assert ("Every call of this service is refused." in barbara.page) is not valid
    assert barbara.send(f"{path}/standing", standing="else").status_code == 400
    assert key_of_token(session, token, KEYS) is key


def test_a_second_key_is_made_and_the_first_revoked(session: Session, barbara: Visitor) -> None:
    first = a_key(session)
    path = f"/services/{first.service_id}"

    barbara.send(f"{path}/keys", scope="read", days="30")
    second = session.scalars(select(ServiceKey).where(ServiceKey.id != first.id)).one()
    assert second.scopes == ["read"]
    assert second.expires_at is not None
    assert second.expires_at - now() > timedelta(days=29)
    assert barbara.send(f"{path}/keys/{first.id}/end").status_code == 303

    session.expire_all()
    assert (first.is_valid, second.is_valid) == (False, True)
    barbara.get(path)
    assert barbara.page.count("revoked") == 1
    assert barbara.send(f"{path}/keys/999/end").status_code == 404
    assert barbara.send("/services/999/keys").status_code == 404


def test_an_invalid_value_is_refused_on_the_form_that_has_it(
    session: Session, barbara: Visitor
) -> None:
    key = a_key(session, scopes=Scope)
    own = f"/services/{key.service_id}"
    refused: tuple[tuple[str, dict[str, str | list[str]], str], ...] = (
        ("/services/new", {**CRM, "name": "crm"}, "There is already a service crm."),
        ("/services/new", {**CRM, "name": "a\nb"}, "must be one line"),
        ("/services/new", {**CRM, "scope": []}, "at least one scope"),
        ("/services/new", {**CRM, "scope": "everything"}, "There is no such scope."),
        (own, {"scope": [], "acts_for": "own"}, "at least one scope"),
        (own, {"scope": "read", "acts_for": "nobody"}, "choose one of the options"),
        (f"{own}/keys", {"days": "0"}, "A key lasts 1 to 3650 days."),
        (f"{own}/keys", {"days": "9" * 5000}, "A key lasts 1 to 3650 days."),
        (f"{own}/keys", {"scope": "else"}, "There is no such scope."),
    )

    for path, fields, why in refused:
        assert barbara.send(path, **fields).status_code == 400, (path, fields)
        assert why in barbara.page
        assert tokens(barbara.page) == []
    assert session.scalars(select(ServiceKey)).all() == [key]
