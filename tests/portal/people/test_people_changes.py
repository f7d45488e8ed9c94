"""An administrator changes the contact, address and roles of a user, and removes them."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import Actor, Door, Subscription, User, Verdict
from tests.builders import Cast, a_request
from tests.portal.visitors import Visitor
from workflows.moderation.decide import decide

Login = Callable[[User], Visitor]


@pytest.fixture
def barbara(people: Cast, as_person: Login) -> Visitor:
    return as_person(people.barbara)


def test_the_contact_is_changed(session: Session, people: Cast, barbara: Visitor) -> None:
    path = f"/users/{people.ada.id}/contact"
    barbara.get(path)
    assert 'value="Ada Lovelace"' in barbara.page

    answer = barbara.send(path, name="Ada King", language="de", time_zone="", phone="")

    assert answer.location == f"/users/{people.ada.id}"
    session.refresh(people.ada)
    assert (people.ada.name, people.ada.language) == ("Ada King", "de")


def test_a_wrong_number_is_refused_on_the_form(people: Cast, barbara: Visitor) -> None:
    answer = barbara.send(f"/users/{people.ada.id}/contact", name="Ada King", phone="12")

    assert answer.status_code == 400
    assert 'value="Ada King"' in barbara.page


def test_an_address_counts_at_once(session: Session, people: Cast, barbara: Visitor) -> None:
    path = f"/users/{people.ada.id}/address"

    assert barbara.send(path, address="linus@example.org").status_code == 400
    assert "Another user has this address." in barbara.page
    assert barbara.send(path, address="king@example.org").status_code == 303

    session.refresh(people.ada)
    assert people.ada.address == "king@example.org"


def test_exactly_the_checked_roles_are_given(
    session: Session, people: Cast, barbara: Visitor
) -> None:
    path = f"/users/{people.ada.id}/roles"
    barbara.get(path)
    assert 'value="author" checked' in barbara.page

    barbara.send(path, role=["sender", "administrator"])

    session.refresh(people.ada)
    assert {one.name for one in people.ada.roles} == {"sender", "administrator"}


def test_the_last_administrator_keeps_the_role(
    session: Session, people: Cast, barbara: Visitor
) -> None:
    answer = barbara.send(f"/users/{people.barbara.id}/roles", role="author")

    assert answer.status_code == 409
    assert "At least one person must be able to edit users." in barbara.page
    session.expire_all()
    assert [one.name for one in people.barbara.roles] == ["administrator"]


def test_the_page_says_beforehand_what_a_removal_changes(
    session: Session, people: Cast, barbara: Visitor
) -> None:
    people.approvers.members.remove(people.linus)
    asked = a_request(session, people)
    session.flush()

    barbara.get(f"/users/{people.grace.id}/removal")
    assert "nobody else on it could answer" in barbara.page
    assert "Waiting for an answer that the person can no longer give" in barbara.page
    barbara.get(f"/users/{people.ada.id}/removal")
    assert "still waiting for an answer" in barbara.page
    decide(session, asked, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))
    session.flush()
    barbara.get(f"/users/{people.ada.id}/removal")

    assert "will be sent as scheduled" in barbara.page
    assert "General assembly (Announce)" in barbara.page


def test_a_removal_without_consequences_says_so(people: Cast, barbara: Visitor) -> None:
    barbara.get(f"/users/{people.ada.id}/removal")

    assert "The person is on no list, and nothing is waiting for them." in barbara.page


def test_a_removed_user_is_on_no_list(session: Session, people: Cast, barbara: Visitor) -> None:
    path = f"/users/{people.edsger.id}"

    assert barbara.send(f"{path}/removal").location == "/users"

    barbara.get("/users")
    assert "Edsger Dijkstra has been removed." in barbara.page
    assert ">Edsger Dijkstra</a>" not in barbara.page
    session.expire_all()
    assert session.get(Subscription, (people.announce.id, people.edsger.id)) is None
    barbara.get(path)
    assert "edsger@example.org" not in barbara.page
    assert "Change the contact details" not in barbara.page


def test_a_removed_user_cannot_be_changed(people: Cast, barbara: Visitor) -> None:
    path = f"/users/{people.edsger.id}"
    barbara.send(f"{path}/removal")

    for part in ("contact", "roles", "standing"):
        answer = barbara.send(f"{path}/{part}", standing="enabled", role="author")

        assert answer.status_code == 400, part
        assert "Edsger Dijkstra was removed." in barbara.page


def test_the_last_administrator_is_not_removed(
    session: Session, people: Cast, barbara: Visitor
) -> None:
    path = f"/users/{people.barbara.id}/removal"
    barbara.get(path)
    assert "Only this person may edit users." in barbara.page

    assert barbara.send(path).status_code == 409

    session.refresh(people.barbara)
    assert people.barbara.removed_at is None
