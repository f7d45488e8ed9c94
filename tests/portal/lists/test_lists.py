"""Administrators' pages about lists: find, create, edit, choose who answers, archive."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    ApproverList,
    FromField,
    Language,
    ListDelivery,
    ListKind,
    MailingList,
    SelfService,
    User,
    WhoMayAsk,
)
from tests.builders import Cast, a_list
from tests.portal.visitors import Visitor
from workflows.people.users import define_role

Login = Callable[[User], Visitor]

GIVEN = {
    "name": "Everybody",
    "address": "all@lists.example.org",
    "description": "News for everybody.",
    "kind": "discussion",
    "delivery": "list_address",
    "self_service": "closed",
    "language": "fr",
    "who_may_ask": "members",
    "max_open_requests": "5",
    "second_person": "yes",
}


@pytest.fixture
def browser(people: Cast, as_person: Login) -> Visitor:
    return as_person(people.barbara)


def test_the_overview_finds_lists_by_any_of_their_words(
    session: Session, people: Cast, browser: Visitor
) -> None:
    a_list(session, "staff")
    people.announce.description = "What moves us all"
    session.flush()

    browser.get("/mailing-lists?q=STA")
    assert "staff@lists.example.org" in browser.page
    assert people.announce.address not in browser.page
    browser.get("/mailing-lists?q=moves%20announce")
    assert people.announce.address in browser.page
    browser.get("/mailing-lists?q=_")
    assert "No list was found." in browser.page


def test_the_overview_shows_members_approvers_and_the_number_of_warnings(
    people: Cast, browser: Visitor
) -> None:
    browser.get("/mailing-lists")

    row = browser.page.split(people.announce.address)[1].split("</tr>")[0]
    assert 'data-label="Members">2<' in row
    assert "editors" in row
    assert '<span class="badge bad">2</span>' in row  # no description; approvers without rights


def test_a_large_count_is_shown_as_a_lower_bound(
    people: Cast, browser: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.lists.overview.MAX_COUNTED", 1)

    browser.get("/mailing-lists")
    assert "more than 1" in browser.page
    browser.get(f"/mailing-lists/{people.announce.id}")
    assert "more than 1" in browser.page


def test_a_list_is_created_empty_and_shown(session: Session, browser: Visitor) -> None:
    answer = browser.send("/mailing-lists/new", short_name="all", **GIVEN)

    created = session.scalars(select(MailingList).where(MailingList.short_name == "all")).one()
    assert answer.location == f"/mailing-lists/{created.id}"
    assert (created.kind, created.delivery) == (ListKind.DISCUSSION, ListDelivery.LIST_ADDRESS)
    assert (created.four_eyes, created.description) == (False, "News for everybody.")
    assert created.self_service is SelfService.CLOSED
    browser.get(answer.location)
    assert "The list Everybody has been created; it has no members yet." in browser.page
    assert "There are no approvers" in browser.page


def test_a_refusal_is_shown_on_the_form_with_the_input(browser: Visitor) -> None:
    answer = browser.send("/mailing-lists/new", short_name="Not Good", **GIVEN)

    assert answer.status_code == 400
    assert "A short name has 1 to 64 of the characters" in browser.page
    assert 'value="Not Good"' in browser.page
    assert '<option value="discussion" selected>' in browser.page
    assert browser.page.count("checked") == 1


def test_the_forms_say_who_may_join_an_open_list(people: Cast, browser: Visitor) -> None:
    for page in ("new", f"{people.announce.id}/details"):
        browser.get(f"/mailing-lists/{page}")

        select_and_hint = browser.page.split('name="self_service"')[1].split("<label")[0]
        assert "anyone with a log-in can join" in select_and_hint


def test_a_value_that_is_not_offered_is_refused(browser: Visitor) -> None:
    answer = browser.send("/mailing-lists/new", short_name="all", **{**GIVEN, "kind": "secret"})

    assert answer.status_code == 400
    assert "Please choose one of the options." in browser.page


def test_a_list_is_edited(session: Session, people: Cast, browser: Visitor) -> None:
    page = f"/mailing-lists/{people.announce.id}/details"
    browser.get(page)
    assert 'value="announce@lists.example.org"' in browser.page
    assert browser.page.count("checked") == 3

    changed = {"from_field": "list", "personal": "yes"}
    assert browser.send(page, **changed, **GIVEN).status_code == 303

    announce = people.announce
    session.expire_all()
    assert (announce.name, announce.address) == ("Everybody", "all@lists.example.org")
    assert (announce.kind, announce.self_service) == (ListKind.DISCUSSION, SelfService.CLOSED)
    assert (announce.four_eyes, announce.second_person) == (False, True)
    assert (announce.who_may_ask, announce.max_open_requests) == (WhoMayAsk.MEMBERS, 5)
    assert (announce.language, announce.from_field) == (Language.FRENCH, FromField.LIST)
    assert (announce.personal, announce.unsubscribe_line) == (True, False)


def test_a_name_cannot_be_removed(session: Session, people: Cast, browser: Visitor) -> None:
    page = f"/mailing-lists/{people.announce.id}/details"

    answer = browser.send(page, from_field="author", **{**GIVEN, "name": ""})

    assert answer.status_code == 400
    session.expire_all()
    assert people.announce.name == "Announce"


def test_a_missing_description_is_flagged(session: Session, people: Cast, browser: Visitor) -> None:
    browser.get(f"/mailing-lists/{people.announce.id}")
    assert "The list has no description" in browser.page
    assert '<span class="badge bad">missing</span>' in browser.page

    people.announce.description = "News"
    session.flush()
    browser.get(f"/mailing-lists/{people.announce.id}")
    assert "The list has no description" not in browser.page


def test_the_approver_list_is_set_and_removed_again(
    session: Session, people: Cast, browser: Visitor
) -> None:
    page = f"/mailing-lists/{people.announce.id}/approvers"
    editors = str(people.approvers.id)
    browser.get(page)
    assert f'<option value="{editors}" selected>editors</option>' in browser.page

    browser.send(page, approver_list="", escalation_list=editors)
    session.expire_all()

    assert people.announce.approver_list is None
    assert people.announce.escalation_list is session.get(ApproverList, people.approvers.id)


def test_an_unchanged_approver_list_needs_no_right(
    session: Session, people: Cast, as_person: Login
) -> None:
    people.ada.roles = [define_role(session, "x", [402], actor=Actor.operator())]
    page, browser = f"/mailing-lists/{people.announce.id}/approvers", as_person(people.ada)

    same = browser.send(page, approver_list=str(people.approvers.id), escalation_list="")
    other = browser.send(page, approver_list="", escalation_list="")

    assert (same.status_code, other.status_code) == (303, 403)


def test_a_list_that_is_not_there_is_not_found(browser: Visitor) -> None:
    assert browser.get("/mailing-lists/999999").status_code == 404


# Warnings name people who are on the list.
FOR_EDITORS = ("Warnings", "Create a list", "Edit the list", "/subscribers")
PAGES = ["", "/new", "/{}", "/{}/details", "/{}/approvers", "/{}/archive", "/{}/subscribers"]


def test_the_right_to_view_lists_shows_the_set_up_and_no_member(
    people: Cast, as_person: Login
) -> None:
    ada = as_person(people.ada)
    pages = []

    for page in ("/mailing-lists", f"/mailing-lists/{people.announce.id}"):
        ada.get(page)
        pages.append(ada.page.split("<main")[1])

    for page in pages:
        assert people.announce.address in page
        assert "editors" in page
        assert [word for word in FOR_EDITORS if word in page] == []


def test_every_page_speaks_its_readers_language(
    session: Session, people: Cast, browser: Visitor
) -> None:
    titles: dict[str, set[str]] = {path: set() for path in PAGES}

    for language in (Language.ENGLISH, Language.GERMAN):
        people.barbara.language = language
        session.flush()
        for path, shown in titles.items():
            browser.get(f"/mailing-lists{path.format(people.announce.id)}")
            assert f'lang="{language}"' in browser.page
            shown.add(browser.page.split("<h1>")[1].split("</h1>")[0])

    # The page of a list has the list's own name.
    assert [path for path, shown in titles.items() if len(shown) == 1] == ["/{}"]
