"""The members of a list: search, add, remove, export, and page through any number of them."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import Act, AuditEntry, Subscription, SubscriptionChange, User
from models.clock import now
from tests.builders import Cast, members
from tests.portal.visitors import Visitor

Login = Callable[[User], Visitor]


@pytest.fixture
def browser(people: Cast, as_person: Login) -> Visitor:
    return as_person(people.barbara)


@pytest.fixture
def page(people: Cast) -> str:
    return f"/mailing-lists/{people.announce.id}/subscribers"


def test_a_user_is_added_by_address_whatever_its_case(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    browser.send(page, address="ADA@Example.org")

    browser.get(page)
    assert "Ada Lovelace is now on the list." in browser.page
    assert session.get(Subscription, (people.announce.id, people.ada.id))
    change = session.query(SubscriptionChange).order_by(SubscriptionChange.id.desc()).first()
    assert change is not None
    assert (change.user_id, change.by_id) == (people.ada.id, people.barbara.id)


def test_adding_twice_says_so_and_changes_nothing(
    session: Session, browser: Visitor, page: str
) -> None:
    before = session.query(SubscriptionChange).count()

    browser.send(page, address="edsger@example.org")
    browser.get(page)

    assert "Edsger Dijkstra is already on the list." in browser.page
    assert session.query(SubscriptionChange).count() == before


def test_an_unknown_address_is_said_and_kept_to_be_corrected(browser: Visitor, page: str) -> None:
    assert browser.send(page, address="nobody@example.org").status_code == 404

    assert "There is no user with this address." in browser.page
    assert 'value="nobody@example.org"' in browser.page


def test_a_user_is_removed(session: Session, people: Cast, browser: Visitor, page: str) -> None:
    browser.get(page)
    assert "Edsger Dijkstra" in browser.page

    browser.send(f"{page}/{people.edsger.id}/end")

    browser.get(page)
    assert "Edsger Dijkstra is no longer on the list." in browser.page
    assert "edsger@example.org" not in browser.page
    entry = session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
    assert entry is not None
    assert (entry.act, entry.actor_id) == (Act.UNSUBSCRIBED, people.barbara.id)


def test_people_are_found_by_parts_of_name_and_address(browser: Visitor, page: str) -> None:
    for text in ("dijk", "EDSGER@", "edsger dijkstra", "example edsger"):
        browser.get(f"{page}?q={text}")

        assert "edsger@example.org" in browser.page, text
        assert "barbara@example.org" not in browser.page, text


def test_a_wildcard_is_a_character(browser: Visitor, page: str) -> None:
    for text in ("%", "_", "dijkstra%20liskov"):
        browser.get(f"{page}?q={text}")

        assert "Nobody was found." in browser.page, text


def test_everybody_is_on_exactly_one_page(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    there = {*members(session, people.announce, 120), "barbara@example.org", "edsger@example.org"}

    seen: list[str] = []
    following = f"{page}?q=example"
    for _ in range(3):
        browser.get(following)
        seen += [each for each in there if f">{each}<" in browser.page]
        following = browser.page.rpartition('rel="next" href="')[2].partition('"')[0]

    assert sorted(seen) == sorted(there)
    assert 'rel="next"' not in browser.page


def test_an_invalid_place_is_the_beginning(browser: Visitor, page: str) -> None:
    browser.get(f"{page}?after=x")  # other ones: models/test_ids.py

    assert "edsger@example.org" in browser.page


def test_a_disabled_member_is_marked_and_not_exported(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    people.edsger.disabled_at = now()
    session.flush()

    browser.get(page)
    assert "disabled" in browser.page
    assert browser.get(f"{page}.txt").text == "barbara@example.org\n"


def test_the_export_is_what_a_push_would_hand_over(browser: Visitor, page: str) -> None:
    answer = browser.get(f"{page}.txt")

    assert answer.text == "barbara@example.org\nedsger@example.org\n"
    assert answer.mimetype == "text/plain"
    assert answer.headers["Content-Disposition"] == "attachment; filename=announce.txt"
    assert answer.headers["Cache-Control"].startswith("no-")


def test_an_empty_list_says_what_to_do(people: Cast, browser: Visitor, page: str) -> None:
    for member in (people.edsger, people.barbara):
        browser.send(f"{page}/{member.id}/end")

    browser.get(page)

    assert "The list has no members yet. Add the first person." in browser.page
