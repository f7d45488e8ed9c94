"""People: search, show, disable and enable, for users with the right."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Door, LetterName, Notification, Right, User
from tests.builders import Cast, members, person
from tests.portal.visitors import Visitor
from workflows.people.credentials import change_password, credentials_of, turn_on_codes
from workflows.people.removal import remove_user
from workflows.people.users import define_role, disable, grant

Login = Callable[[User], Visitor]
PORTAL = Door.PORTAL


@pytest.fixture
def barbara(people: Cast, as_person: Login) -> Visitor:
    return as_person(people.barbara)


def names(visitor: Visitor) -> set[str]:
    """Return the people of the cast in the table."""
    cast = {"Ada Lovelace", "Grace Hopper", "Linus Torvalds", "Edsger Dijkstra"}
    return {one for one in cast if f">{one}</a>" in visitor.page}


def a_viewer(session: Session, user: User) -> None:
    """Give a user the right to view users, and no other."""
    define_role(session, "viewer", [Right.VIEW_USERS], actor=Actor.operator())
    grant(session, user, "viewer", actor=Actor.operator())
    session.flush()


FOUND: dict[str, set[str]] = {
    "words=lovelace": {"Ada Lovelace"},
    "words=EDSGER@EXAMPLE": {"Edsger Dijkstra"},
    "words=torvalds+linus": {"Linus Torvalds"},
    "words=100%25": set(),
    "words=%00ada": {"Ada Lovelace"},
    "role=author": {"Ada Lovelace"},
    "role=emperor": set(),
    "standing=disabled": {"Linus Torvalds"},
    "standing=removed": {"Grace Hopper"},
    "standing=active&words=e": {"Ada Lovelace", "Edsger Dijkstra"},
    "standing=nonsense": {"Ada Lovelace", "Linus Torvalds", "Edsger Dijkstra"},
    "page=2": set(),
}


def test_a_search_finds_who_fits(session: Session, people: Cast, barbara: Visitor) -> None:
    disable(session, people.linus, actor=Actor(people.barbara, PORTAL))
    remove_user(session, people.grace, actor=Actor(people.barbara, PORTAL))
    session.flush()

    for asked, found in FOUND.items():
        assert barbara.get(f"/users?{asked}").status_code == 200
        assert names(barbara) == found, asked
        assert ("Nobody matches." in barbara.page) == (not found), asked


def test_many_people_have_pages(session: Session, people: Cast, barbara: Visitor) -> None:
    members(session, people.announce, 60)

    barbara.get("/users")

    assert "Next page" in barbara.page


def test_the_page_of_a_person_shows_address_lists_and_roles(people: Cast, barbara: Visitor) -> None:
    barbara.get(f"/users/{people.edsger.id}")
    assert "edsger@example.org" in barbara.page
    assert "<li>Announce</li>" in barbara.page
    assert "No role" in barbara.page

    barbara.get(f"/users/{people.grace.id}")

    assert "<li>editors</li>" in barbara.page
    assert "Has not chosen a password yet" in barbara.page


def test_the_page_of_an_unknown_user_is_not_found(barbara: Visitor) -> None:
    assert barbara.get("/users/0").status_code == 404
    assert barbara.get(f"/users/{10**30}").status_code == 404


def test_a_user_is_disabled_and_enabled(session: Session, people: Cast, barbara: Visitor) -> None:
    path = f"/users/{people.ada.id}"

    assert barbara.send(f"{path}/standing", standing="disabled").status_code == 303
    session.refresh(people.ada)
    assert people.ada.disabled_at
    assert barbara.get(path).status_code == 200
    assert "Ada Lovelace is disabled." in barbara.page
    barbara.send(f"{path}/standing", standing="enabled")

    session.refresh(people.ada)
    assert not people.ada.disabled_at
    assert barbara.send(f"{path}/standing", standing="king").status_code == 400


def test_the_last_administrator_is_warned_and_stays(
    session: Session, people: Cast, barbara: Visitor
) -> None:
    path = f"/users/{people.barbara.id}"
    barbara.get(path)
    assert "Only this person may edit users." in barbara.page
    assert 'value="disabled"' not in barbara.page

    answer = barbara.send(f"{path}/standing", standing="disabled")

    assert answer.status_code == 409
    assert "At least one person must be able to edit users." in barbara.page
    session.refresh(people.barbara)
    assert not people.barbara.disabled_at


def test_with_another_administrator_there_is_no_warning(
    session: Session, people: Cast, barbara: Visitor
) -> None:
    person(session, "Margaret Hamilton", "administrator")
    session.flush()

    barbara.get(f"/users/{people.barbara.id}")

    assert "Only this person may edit users." not in barbara.page
    assert 'value="disabled"' in barbara.page


def test_lost_codes_are_turned_off(session: Session, people: Cast, barbara: Visitor) -> None:
    turn_on_codes(session, "a secret", actor=Actor(people.grace, PORTAL), counter=1)
    session.flush()
    barbara.get(f"/users/{people.grace.id}")
    assert "Turn off the codes" in barbara.page

    barbara.send(f"/users/{people.grace.id}/codes")

    session.expire_all()
    assert credentials_of(session, people.grace).totp_secret is None
    barbara.get(f"/users/{people.grace.id}")
    assert "Turn off the codes" not in barbara.page


def test_a_user_without_a_password_is_invited_again(
    session: Session, people: Cast, barbara: Visitor
) -> None:
    barbara.send(f"/users/{people.grace.id}/invitation")

    letters = session.scalars(select(Notification.letter)).all()
    assert letters == [LetterName.INVITATION]
    change_password(session, "a hash", actor=Actor(people.grace, PORTAL))
    session.flush()
    barbara.get(f"/users/{people.grace.id}")
    assert "Invite again" not in barbara.page


def test_the_right_to_view_users_shows_no_buttons(
    session: Session, people: Cast, as_person: Login
) -> None:
    a_viewer(session, people.linus)
    linus = as_person(people.linus)

    assert linus.get(f"/users/{people.ada.id}").status_code == 200

    assert "Change the roles" not in linus.page
    assert "Remove" not in linus.page
