"""Approver lists: create, find people to add, remove, delete what nothing uses."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, ApproverList, Right, User
from tests.builders import Cast
from tests.portal.visitors import Visitor
from workflows.lists.lists import create_approver_list
from workflows.people.users import define_role

Login = Callable[[User], Visitor]


@pytest.fixture
def browser(people: Cast, as_person: Login) -> Visitor:
    return as_person(people.barbara)


@pytest.fixture
def page(people: Cast) -> str:
    return f"/approver-lists/{people.approvers.id}"


def names(session: Session, people: Cast) -> set[str]:
    session.expire_all()
    return {user.name for user in people.approvers.members}


def with_rights(session: Session, user: User, *rights: Right) -> User:
    user.roles = [define_role(session, "x", rights, actor=Actor.operator())]
    session.flush()
    return user


def test_the_overview_shows_who_answers_and_for_how_many_lists(
    session: Session, browser: Visitor
) -> None:
    create_approver_list(session, "jury", [], actor=Actor.operator())
    session.flush()

    browser.get("/approver-lists")

    editors, jury = browser.page.split("jury")[0], browser.page.split("jury")[1]
    assert "Grace Hopper, Linus Torvalds" in editors
    assert 'data-label="Mailing lists">1<' in editors
    assert "nobody" in jury
    assert 'data-label="Mailing lists">0<' in jury


def test_an_approver_list_is_created_and_then_filled(session: Session, browser: Visitor) -> None:
    answer = browser.send("/approver-lists/new", name="jury")

    created = session.scalars(select(ApproverList).where(ApproverList.name == "jury")).one()
    assert answer.location == f"/approver-lists/{created.id}"
    browser.get(answer.location)
    assert "Now add its approvers" in browser.page
    assert browser.send("/approver-lists/new", name="jury").status_code == 400
    assert "There is already an approver list 'jury'." in browser.page


def test_a_user_is_found_and_added(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    browser.get(f"{page}?q=dijkstra")
    assert "Add Edsger Dijkstra" in browser.page
    assert "Add Ada Lovelace" not in browser.page

    browser.send(f"{page}/members", user=str(people.edsger.id))

    assert names(session, people) == {"Grace Hopper", "Linus Torvalds", "Edsger Dijkstra"}
    browser.get(f"{page}?q=dijkstra")
    assert "Edsger Dijkstra is now on the approver list." in browser.page
    assert "Nobody was found." in browser.page


def test_who_adds_an_approver_without_the_rights_is_warned(
    people: Cast, browser: Visitor, page: str
) -> None:
    added = browser.send(f"{page}/members", user=str(people.edsger.id))
    browser.get(added.location)

    lacking = "Approvers without the rights to read and send messages (605 and 601)"
    assert lacking in browser.page
    assert "Approvers who are also members, and so get each message twice: Edsger" in browser.page
    browser.get(page)
    assert lacking not in browser.page


def test_an_unknown_user_is_not_added(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    browser.get(page)

    for number in ("", "9" * 18):  # other ones: models/test_ids.py
        assert browser.send(f"{page}/members", user=number).status_code == 404
    assert names(session, people) == {"Grace Hopper", "Linus Torvalds"}


def test_a_user_is_removed(session: Session, people: Cast, browser: Visitor, page: str) -> None:
    browser.get(page)

    browser.send(f"{page}/members/{people.linus.id}/end")

    assert names(session, people) == {"Grace Hopper"}


def test_an_approver_list_in_use_is_not_deleted(browser: Visitor, page: str) -> None:
    browser.get(page)
    assert "Delete" not in browser.page
    assert ">Announce</a>" in browser.page

    assert browser.send(f"{page}/end").status_code == 409

    assert "The approver list editors is still used by: announce." in browser.page


def test_an_unused_approver_list_is_deleted(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    people.announce.approver_list = None
    session.flush()
    browser.get(page)
    assert "Delete the approver list" in browser.page

    browser.send(f"{page}/end")

    browser.get("/approver-lists")
    assert "The approver list has been deleted." in browser.page
    assert "There is no approver list yet." in browser.page


def test_a_page_offers_nothing_that_takes_another_right(
    session: Session, people: Cast, as_person: Login, page: str
) -> None:
    browser = as_person(with_rights(session, people.ada, Right.USE_APPROVER_LISTS))

    browser.get(page)
    assert "Grace Hopper" in browser.page
    assert "Remove Grace" not in browser.page
