"""An approver sees who else has the same request open."""

import time
from collections.abc import Callable, Iterator

import pytest
import redis
from sqlalchemy.orm import Session

from models import Actor, Door, ModerationRequest, User, Verdict
from portal.moderation import presence
from portal.moderation.presence import PRESENCE_TTL, note_presence
from sandbox.mailbox import bound_socket
from tests.builders import Cast, a_request
from tests.portal.visitors import Visitor
from workflows.moderation.decide import decide
from workflows.redis_client import redis_client

Login = Callable[[User], Visitor]


@pytest.fixture
def asked(session: Session, people: Cast) -> Iterator[ModerationRequest]:
    """Return an open request without viewers; remove them afterwards."""
    request = a_request(session, people)
    yield request
    redis_client.delete(f"listgate:presence:{request.id}")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the moments of the clock; the last one counts."""
    times = [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: times[-1])
    return times


def look(browser: Visitor, asked: ModerationRequest) -> str:
    """Open the message, and have the page's live part asked for once."""
    browser.send(f"/requests/{asked.id}/views")
    browser.get(f"/requests/{asked.id}/standing", X_Live="1")
    return browser.page


def test_each_sees_the_others_name_and_not_their_own(
    people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    grace, linus = as_person(people.grace), as_person(people.linus)

    alone = look(grace, asked)
    second = look(linus, asked)
    again = look(grace, asked)

    assert "looking at it now" not in alone
    assert "Also looking at it now: Grace Hopper." in second
    assert "Also looking at it now: Linus Torvalds." in again


def test_an_approver_who_has_not_opened_the_message_is_not_a_viewer(
    people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    as_person(people.grace).get(f"/requests/{asked.id}")

    assert "looking at it now" not in look(as_person(people.linus), asked)


def test_an_answered_request_shows_no_viewers(
    session: Session, people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    grace, linus = as_person(people.grace), as_person(people.linus)
    look(grace, asked)
    decide(session, asked, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))

    page = look(linus, asked)

    assert "looking at it now" not in page
    assert "Grace Hopper answered on" in page


def test_a_former_approver_is_not_named(
    session: Session, people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    grace, linus = as_person(people.grace), as_person(people.linus)
    look(grace, asked)
    people.approvers.members.remove(people.grace)
    session.flush()

    assert "Grace" not in look(linus, asked).partition("What happened")[0]


def test_a_page_that_asks_no_more_is_forgotten(clock: list[float]) -> None:
    redis_client.delete("listgate:presence:-1")
    note_presence(-1, 7)

    clock.append(clock[-1] + PRESENCE_TTL - 1)
    assert note_presence(-1, 8) == {7}
    clock.append(clock[-1] + 2)
    assert note_presence(-1, 8) == set()
    assert 0 < redis_client.ttl("listgate:presence:-1") <= PRESENCE_TTL
    redis_client.delete("listgate:presence:-1")


def test_without_redis_the_page_is_complete_but_for_the_names(
    people: Cast, asked: ModerationRequest, as_person: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = as_person(people.grace)
    browser.send(f"/requests/{asked.id}/views")
    with bound_socket() as closed:
        away = redis.Redis("127.0.0.1", closed.getsockname()[1], socket_connect_timeout=1)
        monkeypatch.setattr(presence, "redis_client", away)

        assert browser.get(f"/requests/{asked.id}").status_code == 200

    assert "please come." in browser.page
    assert 'name="verdict"' in browser.page
