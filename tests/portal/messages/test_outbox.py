"""The outbox: whose messages it shows, how they are found, and what a page costs."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models import Actor, Door, Message, User, Verdict
from portal.web.paging import Page
from tests.builders import LIMIT, Cast, a_dispatch, a_list, a_request, an_eml
from tests.portal.visitors import Visitor, an_app
from workflows.messages.write import Draft, write
from workflows.moderation.decide import decide
from workflows.sendout import forecast
from workflows.sendout.claim import begin_sending

Login = Callable[[User], Visitor]


def written(session: Session, author: User, people: Cast, subject: str) -> Message:
    message = write(
        session,
        Draft(people.announce, an_eml(subject)),
        actor=Actor(author, Door.PORTAL),
        max_bytes=LIMIT,
    )
    session.flush()
    return message


def subjects(visitor: Visitor, query: str = "") -> set[str]:
    """Return the subjects that the outbox shows, among these few."""
    assert visitor.get(f"/messages{query}").status_code == 200
    known = ["Spring", "Summer", "Autumn", "100% wool", "General assembly"]
    return {each for each in known if f">{each}</a>" in visitor.page}


def test_an_empty_outbox_says_what_to_do_next(people: Cast, as_person: Login) -> None:
    ada = as_person(people.ada)

    ada.get("/messages")
    assert '<a href="/messages/new">Write the first one</a>' in ada.page
    ada.get("/messages?words=nothing")
    assert "No message matches." in ada.page


def test_without_right_605_one_sees_the_own_messages(
    session: Session, people: Cast, as_person: Login
) -> None:
    a_request(session, people)
    written(session, people.edsger, people, "Spring")

    assert subjects(as_person(people.edsger)) == {"Spring"}
    assert subjects(as_person(people.grace)) == set()


def test_with_right_605_one_sees_all_but_the_drafts_of_others(
    session: Session, people: Cast, as_person: Login
) -> None:
    a_request(session, people)
    written(session, people.ada, people, "Spring")
    written(session, people.barbara, people, "Summer")
    barbara = as_person(people.barbara)

    assert subjects(barbara) == {"General assembly", "Summer"}
    assert subjects(barbara, "?own=yes") == {"Summer"}


def test_messages_are_found(session: Session, people: Cast, as_person: Login) -> None:
    a_list(session, "staff")
    for subject in ("Spring", "Summer", "100% wool"):
        written(session, people.ada, people, subject)
    ada = as_person(people.ada)
    found: dict[str, set[str]] = {
        "?words=spring": {"Spring"},
        "?words=ada+lovelace+SUM": {"Summer"},
        "?words=" + "a+" * 5 + "nowhere": {"100% wool", "Spring", "Summer"},
        "?words=%25": {"100% wool"},
        "?words=_": set(),
        "?words=%00": {"Spring", "Summer", "100% wool"},
        "?list=announce": {"Spring", "Summer", "100% wool"},
        "?list=staff": set(),
        "?list=%00": {"Spring", "Summer", "100% wool"},
        "?state=draft": {"Spring", "Summer", "100% wool"},
        "?state=sent": set(),
        "?state=nonsense": {"Spring", "Summer", "100% wool"},
        "?page=2": set(),
    }

    assert {query: subjects(ada, query) for query in found} == found


def test_a_row_shows_the_status_of_the_message(
    session: Session, people: Cast, as_person: Login
) -> None:
    rejected, ada = a_request(session, people), as_person(people.ada)
    decide(
        session,
        rejected,
        Verdict.REJECTED,
        actor=Actor(people.grace, Door.PORTAL),
        comment="Too <long>",
    )
    begin_sending(session, a_dispatch(session, people))
    a_dispatch(session, people)
    session.flush()

    page = ada.get("/messages").text

    assert "Grace Hopper: Too &lt;long&gt;" in page
    assert "0 of 2 sent" in page
    assert page.count("<time ") == 4
    assert 'data-live="/messages/rows"' in page


def test_an_overdue_sendout_shows_when_it_was_due_and_does_not_walk_with_the_clock(
    session: Session, people: Cast, as_person: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, ada = a_dispatch(session, people), as_person(people.ada)
    due_at, shown = waiting.due_at.isoformat(), set()

    for hours in (1, 5):
        later = waiting.due_at + timedelta(hours=hours)
        monkeypatch.setattr(forecast, "now", lambda later=later: later)
        rows, page = (
            ada.get(path).text for path in ("/messages/rows", f"/messages/{waiting.message_id}")
        )
        assert f'<time datetime="{due_at}">' in rows
        assert f'<time datetime="{due_at}">' in page
        shown |= set(re.findall(r"late since [^<]+", rows + page))

    assert len(shown) == 1


def test_the_part_that_refreshes_itself_is_the_same_search(
    session: Session, people: Cast, as_person: Login
) -> None:
    written(session, people.ada, people, "Spring")
    written(session, people.ada, people, "Summer")
    ada = as_person(people.ada)

    ada.get("/messages?words=spring&own=yes")
    assert 'data-live="/messages/rows?words=spring&own=yes"' in ada.page
    part = ada.get("/messages/rows?words=spring", X_Live="1").text

    assert "Spring" in part
    assert "Summer" not in part
    assert "<html" not in part


def test_a_query_may_have_any_parameter(people: Cast, as_person: Login) -> None:
    ada, names = as_person(people.ada), ["_scheme", "_external", "_anchor", "_method", "endpoint"]
    query = "&".join(["words=a+b", *(f"{name}=1&{name}=2" for name in [*names, "x"])])

    assert ada.get(f"/messages?{query}").status_code == 200
    assert f'data-live="/messages/rows?{query}"' in ada.page


def test_a_link_to_another_page_keeps_every_parameter() -> None:
    with an_app().test_request_context("/users/7/history?_scheme=x&user_id=1&user_id=2&page=3"):
        assert Page.url(4) == "/users/7/history?_scheme=x&user_id=1&user_id=2&page=4"
