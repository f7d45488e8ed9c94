"""Pushes of a list: how they went, what comes next, push now, confirm a held one."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import Actor, SyncState, User
from tests.builders import Cast, members
from tests.portal.visitors import Visitor, an_app, log_in_as
from tests.workflows.sync.pushing import ListServer, again, asked, held
from workflows.people.users import disable
from workflows.sync.request import unfinished_sync

Login = Callable[[User], Visitor]

OVERWRITTEN = "each push replaces all members on the list server"


@pytest.fixture
def browser(people: Cast, as_person: Login) -> Visitor:
    return as_person(people.barbara)


def pushes_of(people: Cast) -> str:
    """The address of the page."""
    return f"/mailing-lists/{people.announce.id}/pushes"


@pytest.fixture
def page(people: Cast) -> str:
    return pushes_of(people)


def test_pages_that_change_members_say_that_pushes_overwrite(
    people: Cast, browser: Visitor
) -> None:
    for path in ("new", f"{people.announce.id}/subscribers", f"{people.announce.id}/pushes"):
        browser.get(f"/mailing-lists/{path}")
        assert OVERWRITTEN in browser.page


def test_a_list_that_was_never_pushed_says_so(browser: Visitor, page: str) -> None:
    browser.get(page)

    assert "never pushed" in browser.page
    assert "Some changes have not been pushed yet." in browser.page
    assert "The list has never been pushed." in browser.page


def test_the_history_shows_count_exit_status_and_duration(
    session: Session, people: Cast, server: ListServer, browser: Visitor, page: str
) -> None:
    server.push(session, asked(session, people.announce))
    session.flush()

    browser.get(page)

    assert 'data-label="Addresses">2<' in browser.page
    assert 'data-label="Exit status">0<' in browser.page
    assert 'data-label="Duration">0.' in browser.page
    assert "All changes have been pushed or are being pushed." in browser.page


def test_a_failure_is_shown_in_words_with_its_stderr(
    session: Session, people: Cast, server: ListServer, browser: Visitor, page: str
) -> None:
    server.command = "sh -c 'cat >/dev/null; echo \"<b>no room</b>\" >&2; exit 3'"
    server.push(session, asked(session, people.announce))
    session.flush()

    answer = browser.get(page)

    assert "The command ended with exit status 3." in browser.page
    assert "&lt;b&gt;no room&lt;/b&gt;" in answer.text
    assert "Consecutive failures" in browser.page


ALL_PUSHED = "All changes have been pushed or are being pushed."


def places(people: Cast) -> list[str]:
    """The pages that show a push that needs a person."""
    return ["/", "/mailing-lists", f"/mailing-lists/{people.announce.id}"]


def test_a_failing_push_shows_where_administrators_look(
    session: Session, people: Cast, server: ListServer, browser: Visitor, page: str
) -> None:
    server.command = "sh -c 'cat >/dev/null; exit 3'"
    failing = asked(session, people.announce)
    for _ in range(3):
        server.push(session, failing)
        again(failing)
    session.flush()

    for path in places(people):
        browser.get(path)
        assert "failed 3 times" in browser.page
    browser.get(page)
    assert "may lack the changes since the last push that succeeded" in browser.page
    assert ALL_PUSHED not in browser.page


def test_a_held_push_shows_where_administrators_look(
    session: Session, people: Cast, server: ListServer, as_person: Login, page: str
) -> None:
    held(session, people, server)
    browser = as_person(people.barbara)

    for path in places(people):
        browser.get(path)
        assert "held until someone confirms it" in browser.page
    browser.get(page)
    assert "They are pushed once someone has confirmed the push." in browser.page
    assert ALL_PUSHED not in browser.page
    for other in (people.ada, people.edsger):  # who cannot act
        assert "held until someone confirms it" not in as_person(other).get("/").text


def test_no_page_shows_or_takes_the_command(
    session: Session, people: Cast, server: ListServer, browser: Visitor, page: str
) -> None:
    held(session, people, server)

    for path in ("", "/difference", "/confirmation"):
        browser.get(page + path)
        assert server.command not in browser.page
        assert 'name="command"' not in browser.page


def test_a_person_has_a_list_pushed(
    session: Session, people: Cast, browser: Visitor, page: str
) -> None:
    assert browser.send(page).status_code == 303

    waiting = unfinished_sync(session, people.announce.id)
    assert waiting is not None
    assert waiting.state is SyncState.PENDING
    browser.get(page)
    assert "The list will be pushed as soon as possible." in browser.page
    assert "waiting" in browser.page


def test_a_held_push_is_confirmed_with_its_numbers_and_no_others(
    session: Session, people: Cast, server: ListServer, browser: Visitor, page: str
) -> None:
    waiting = held(session, people, server)
    assert browser.send(page).status_code == 409
    assert "The push of announce is held; look at it, and confirm it." in browser.page
    assert "The push would remove 10 addresses and leave 2." in browser.page

    browser.get(f"{page}/confirmation")
    assert "remove 10 of 12 addresses and leave 2." in browser.page
    assert "member7@example.org" in browser.page
    for wrong in ("9", "", "x"):
        assert browser.send(f"{page}/confirmation", seen=wrong).status_code == 409
        assert "The push of announce now removes more; look at it again." in browser.page
    session.expire_all()
    assert waiting.state is SyncState.HELD
    browser.send(f"{page}/confirmation", seen="10")

    session.expire_all()
    assert (waiting.state, waiting.confirmed) == (SyncState.PENDING, 10)
    server.push(session, again(waiting))
    assert server.addresses(people.announce) == ["barbara@example.org", "edsger@example.org"]


def test_where_nothing_is_held_there_is_nothing_to_confirm(browser: Visitor, page: str) -> None:
    browser.get(f"{page}/confirmation")
    assert "No push is held." in browser.page

    assert browser.send(f"{page}/confirmation", seen="9").status_code == 409
    assert "No push of announce is held." in browser.page


def test_the_difference_is_counted_and_its_first_lines_shown(
    session: Session,
    people: Cast,
    server: ListServer,
    browser: Visitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("portal.sync.pushes.MAX_SHOWN", 2)
    server.push(session, asked(session, people.announce))
    members(session, people.announce, 3)
    disable(session, people.edsger, actor=Actor.operator())
    session.flush()

    browser.get(f"{pushes_of(people)}/difference")

    assert "To be added: 3" in browser.page
    assert "To be removed: 1" in browser.page
    assert "member1@example.org" in browser.page
    assert "member2@example.org" not in browser.page
    assert browser.page.count("The first 2 are shown.") == 1


def test_the_part_that_refreshes_is_only_that_part(browser: Visitor, page: str) -> None:
    browser.get(page)
    assert f'data-live="{page}/part"' in browser.page

    part = browser.get(f"{page}/part", X_Live="1")

    assert part.text.strip().startswith("<dl>")
    assert "<html" not in part.text


def test_without_a_list_server_nothing_is_offered(
    session: Session, people: Cast, page: str
) -> None:
    browser = log_in_as(session, Visitor(an_app(maillists_enabled=False)), people.barbara)

    browser.get(f"/mailing-lists/{people.announce.id}")
    assert "Pushes" not in browser.page
    for path in ("new", f"{people.announce.id}/subscribers"):
        browser.get(f"/mailing-lists/{path}")
        assert OVERWRITTEN not in browser.page
    for path in ("", "/part", "/difference", "/confirmation"):
        assert browser.get(page + path).status_code == 404
    assert browser.send(page).status_code == 404
