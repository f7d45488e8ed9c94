"""The rules of sendouts on pages: who sets them, and what authors and approvers see."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Language,
    MessageState,
    ModerationRequest,
    Rate,
    SendoutRules,
    Span,
    User,
    Window,
)
from models.clock import now
from notifications.wording import languages
from tests.builders import Cast, a_dispatch, a_draft, a_request, members
from tests.portal.visitors import Visitor
from workflows.sendout.claim import begin_sending

Login = Callable[[User], Visitor]

FIELDS = {
    "rate_copies": "500",
    "rate_minutes": "30",
    "window_opens": "22:00",
    "window_closes": "06:00",
    "span_minutes": "180",
}
RULES = SendoutRules(Rate(500, 30), (Window.read("22:00-06:00"),), Span(180))
LIST = {
    "name": "Announce",
    "address": "announce@lists.example.org",
    "kind": "announcement",
    "delivery": "members",
    "self_service": "open",
    "who_may_ask": "members",
    "max_open_requests": "3",
    "language": "en",
    "from_field": "automatic",
}


def closed() -> tuple[Window, datetime]:
    """A window that opens in two hours, and when: the hour may end while a test runs."""
    opens_at = now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    closes_at = opens_at + timedelta(hours=2)
    return Window.read(f"{opens_at:%H:%M}-{closes_at:%H:%M}"), opens_at


def as_shown(moment: datetime) -> str:
    """Return the moment as English pages show it."""
    return languages.format_moment(moment, Language.ENGLISH, ZoneInfo("UTC"))


def fact(visitor: Visitor, label: str) -> str:
    """Return what a page says about this term."""
    return visitor.page.split(f"<dt>{label}</dt><dd>")[1].split("</dd>")[0]


def test_administrators_set_the_rules_on_the_lists_page(
    session: Session, people: Cast, as_person: Login
) -> None:
    barbara, page = as_person(people.barbara), f"/mailing-lists/{people.announce.id}"

    assert barbara.send(f"{page}/details", **LIST, **FIELDS).status_code == 303
    session.expire_all()
    assert people.announce.sendout_rules == RULES
    barbara.get(page)
    assert fact(barbara, "Rate") == "evenly over 3 hours, at most 500 every 30 minutes"
    assert fact(barbara, "Window") == "22:00–06:00 (UTC)"  # noqa: RUF001
    barbara.get(f"{page}/details")
    assert 'value="22:00"' in barbara.page
    assert 'value="500"' in barbara.page

    barbara.send(f"{page}/details", **LIST, **dict.fromkeys(FIELDS, ""))
    session.expire_all()
    assert people.announce.sendout_rules == SendoutRules()
    barbara.get(page)
    assert fact(barbara, "Rate") == "as fast as the mail relay takes them"
    assert fact(barbara, "Window") == "at any time"


def test_half_a_rule_changes_nothing_and_what_was_typed_stays(
    session: Session, people: Cast, as_person: Login
) -> None:
    barbara, page = as_person(people.barbara), f"/mailing-lists/{people.announce.id}/details"

    for wrong, said in [
        ({"rate_minutes": ""}, "A rate needs both"),
        ({"window_opens": ""}, "A window needs both"),
        ({"window_opens": "06:00"}, "cannot open and close at the same time"),
        ({"window_opens": "later"}, "Write a time of day like 08:00."),
        ({"rate_copies": "-1"}, "Write a rate like 500/30"),
        ({"rate_minutes": "1441"}, "A rate is 1 to 10000000 copies in 1 to 1440 minutes."),
    ]:
        answer = barbara.send(page, **{**LIST, "name": "Another", **FIELDS, **wrong})
        assert answer.status_code == 400
        assert said in barbara.page
        assert 'value="06:00"' in barbara.page

    session.expire_all()
    assert people.announce.name == "Announce"
    assert people.announce.sendout_rules == SendoutRules()


def test_an_author_chooses_with_the_time_and_approvers_see_it(
    session: Session, people: Cast, as_person: Login
) -> None:
    members(session, people.announce, 118)
    people.announce.sendout_rules = SendoutRules(Rate(60, 1))
    draft, ada, (window, opens_at) = a_draft(session, people), as_person(people.ada), closed()
    ada.get(f"/messages/{draft.id}")
    assert "The list: at most 60 a minute." in ada.page

    ada.send(
        f"/messages/{draft.id}/handing_in",
        rate_copies="30",
        rate_minutes="10",
        window_opens=f"{window.opens:%H:%M}",
        window_closes=f"{window.closes:%H:%M}",
    )

    session.expire_all()
    assert draft.state is MessageState.IN_MODERATION
    assert draft.sendout_rules == SendoutRules(Rate(30, 10), (window,))
    asked, grace = session.scalars(select(ModerationRequest)).one(), as_person(people.grace)
    grace.get(f"/requests/{asked.id}")
    assert as_shown(opens_at) in fact(grace, "Goes out")
    assert fact(grace, "Rate") == "at most 30 every 10 minutes"
    assert "about 30 minutes for 120 copies" in fact(grace, "Ends")
    assert as_shown(opens_at + timedelta(minutes=30)) in fact(grace, "Ends")


def test_a_message_cannot_exceed_the_rate_of_the_list(
    session: Session, people: Cast, as_person: Login
) -> None:
    people.announce.sendout_rules = SendoutRules(Rate(60, 1))
    draft, ada = a_draft(session, people), as_person(people.ada)

    answer = ada.send(f"/messages/{draft.id}/handing_in", rate_copies="61", rate_minutes="1")

    assert answer.status_code == 400
    assert "The list allows at most 60 copies in 1 minutes" in ada.page
    assert 'value="61"' in ada.page
    session.expire_all()
    assert draft.state is MessageState.DRAFT


def test_a_scheduled_message_shows_its_forecast(
    session: Session, people: Cast, as_person: Login
) -> None:
    waiting, ada = a_dispatch(session, people), as_person(people.ada)
    window, opens_at = closed()
    people.announce.sendout_rules = SendoutRules(windows=(window,))
    session.flush()

    ada.get(f"/messages/{waiting.message_id}")
    assert as_shown(opens_at) in fact(ada, "Goes out")
    ada.get("/messages")
    assert as_shown(opens_at) in ada.page


def test_a_scheduled_message_is_given_other_rules(
    session: Session, people: Cast, as_person: Login
) -> None:
    waiting, ada = a_dispatch(session, people), as_person(people.ada)

    ada.send(f"/messages/{waiting.message_id}/time", rate_copies="1", rate_minutes="5")

    session.expire_all()
    assert waiting.message.sendout_rules == SendoutRules(Rate(1, 5))
    ada.get(f"/messages/{waiting.message_id}")
    assert "other rules for the sendout: at most 1 every 5 minutes" in ada.page


def test_a_paused_sendout_shows_when_it_continues(
    session: Session, people: Cast, as_person: Login
) -> None:
    sending, ada = a_dispatch(session, people), as_person(people.ada)
    begin_sending(session, sending)
    window, opens_at = closed()
    people.announce.sendout_rules = SendoutRules(Rate(1, 60), (window,))
    session.flush()

    ada.get(f"/messages/{sending.message_id}")

    assert as_shown(opens_at) in fact(ada, "Continues")
    assert "about 60 minutes for 2 copies" in fact(ada, "Ends")


def test_a_draft_without_any_time_says_so(session: Session, people: Cast, as_person: Login) -> None:
    draft, ada = a_draft(session, people), as_person(people.ada)
    draft.sendout_rules = SendoutRules(windows=(Window.read("08:00-20:00"),))
    people.announce.sendout_rules = SendoutRules(windows=(Window.read("20:00-08:00"),))
    session.flush()

    ada.get(f"/messages/{draft.id}")
    assert fact(ada, "Goes out").startswith("never")
    answer = ada.send(
        f"/messages/{draft.id}/handing_in", window_opens="08:00", window_closes="20:00"
    )
    assert answer.status_code == 400
    assert "they do not overlap" in ada.page


@pytest.mark.parametrize(
    ("language", "said"),
    [(Language.GERMAN, "höchstens 1.000 pro Minute"), (Language.FRENCH, "au plus 1\u202f000 par")],
)
def test_rules_are_shown_in_the_readers_language(
    session: Session, people: Cast, as_person: Login, language: Language, said: str
) -> None:
    people.announce.sendout_rules = SendoutRules(Rate(1000, 1))
    people.grace.language = language
    asked, grace = a_request(session, people), as_person(people.grace)

    grace.get(f"/requests/{asked.id}")

    assert said in grace.page
