"""The archive's page: a list goes into it, comes back, and offers nothing meanwhile."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import Actor, User
from tests.builders import Cast, a_request
from tests.portal.visitors import Visitor
from workflows.lists import archive

Login = Callable[[User], Visitor]


@pytest.fixture
def browser(people: Cast, as_person: Login) -> Visitor:
    return as_person(people.barbara)


def test_a_list_is_archived_and_restored(session: Session, people: Cast, browser: Visitor) -> None:
    page = f"/mailing-lists/{people.announce.id}"

    browser.send(f"{page}/archive")
    browser.get(page)
    assert "The list has been archived." in browser.page
    assert "Warnings" not in browser.page
    browser.get("/mailing-lists")
    assert people.announce.address not in browser.page
    browser.get("/mailing-lists?shown=archived")
    assert people.announce.address in browser.page

    browser.send(f"{page}/archive/end")
    session.expire_all()
    assert people.announce.archived_at is None
    browser.get(page)
    assert "The list is in use again." in browser.page


def test_a_list_with_messages_on_their_way_says_so_instead(
    session: Session, people: Cast, browser: Visitor
) -> None:
    a_request(session, people)
    page = f"/mailing-lists/{people.announce.id}/archive"

    assert browser.send(page).status_code == 409

    assert "Messages to the list announce are still open (1)." in browser.page
    assert people.announce.archived_at is None


def test_an_archived_list_offers_neither_new_members_nor_a_push(
    session: Session, people: Cast, browser: Visitor
) -> None:
    archive.archive(session, people.announce, actor=Actor.operator())
    session.flush()
    page = f"/mailing-lists/{people.announce.id}"

    browser.get(f"{page}/subscribers")
    assert "nobody can be added" in browser.page
    assert browser.send(f"{page}/subscribers", address="ada@example.org").status_code == 409
    assert "The list announce is archived." in browser.page
    browser.get(f"{page}/pushes")
    assert "Push now" not in browser.page
