"""The approver's pages: what waits, one request, its message, the answer; and who comes late."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    ApproverKeys,
    AuditEntry,
    Decision,
    Door,
    Language,
    ModerationRequest,
    User,
    Verdict,
)
from models.clock import now
from tests.builders import Cast, a_request, person
from tests.portal.visitors import Visitor
from workflows.lists import lists
from workflows.moderation.decide import decide, withdraw

Login = Callable[[User], Visitor]


@pytest.fixture
def asked(session: Session, people: Cast) -> ModerationRequest:
    """An open request about a message of Ada's."""
    return a_request(session, people)


def test_an_open_request_is_shown_with_list_author_and_age(
    session: Session, people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    a_request(session, people).message.subject = "A second one"
    session.flush()
    browser = as_person(people.grace)

    assert browser.get("/requests").status_code == 200

    assert browser.page.index("General assembly") < browser.page.index("A second one")
    assert "Announce" in browser.page
    assert "Ada Lovelace" in browser.page
    assert ">1 minute</time>" in browser.page
    assert f'formaction="/requests/{asked.id}/views"' in browser.page


def test_where_nothing_waits_the_page_says_when_something_will(
    people: Cast, as_person: Login
) -> None:
    browser = as_person(people.grace)

    browser.get("/requests")

    assert "Nothing is waiting for you." in browser.page


def test_a_request_is_listed_for_approvers_only(
    people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    assert asked
    browser = as_person(people.barbara)

    browser.get("/requests")

    assert "General assembly" not in browser.page


def test_a_stranger_is_led_to_the_log_in_and_back(
    stranger: Visitor, asked: ModerationRequest
) -> None:
    assert stranger.get("/requests").headers["Location"] == "/log-in?next=/requests"
    shown = stranger.get(f"/requests/{asked.id}")
    assert shown.headers["Location"] == f"/log-in?next=/requests/{asked.id}"
    assert stranger.get("/requests/rows", X_Live="1").status_code == 401


def test_an_approver_sees_the_message_only_after_opening_it(
    session: Session, people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    browser = as_person(people.grace)

    browser.get(f"/requests/{asked.id}")
    assert "please come." not in browser.page
    assert "Open the message" in browser.page
    assert opened(session) == []

    assert browser.send(f"/requests/{asked.id}/views").status_code == 303
    browser.get(f"/requests/{asked.id}")
    assert "please come." in browser.page
    assert "Linus Torvalds" in browser.page
    assert "Ada Lovelace asked for approval" in browser.page
    browser.send(f"/requests/{asked.id}/views")
    assert opened(session) == ["Grace Hopper"]


def test_a_new_approver_may_open_the_request_too(
    session: Session, people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    marie = person(session, "Marie Curie")
    lists.set_approvers(session, people.approvers, [marie, people.linus], actor=Actor.operator())
    browser = as_person(marie)

    assert browser.send(f"/requests/{asked.id}/views").status_code == 303

    browser.get(f"/requests/{asked.id}")
    assert "please come." in browser.page
    assert opened(session) == ["Marie Curie"]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_button_decides(
    session: Session, people: Cast, asked: ModerationRequest, as_person: Login, verdict: Verdict
) -> None:
    browser = reading(as_person(people.grace), asked)

    answer = browser.send(f"/requests/{asked.id}/decision", verdict=verdict, comment=" fine ")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/requests/{asked.id}")
    decision = session.get_one(Decision, asked.id)
    assert (decision.verdict, decision.via, decision.comment) == (verdict, Door.PORTAL, "fine")
    browser.get(f"/requests/{asked.id}")
    assert "Your answer has been recorded." in browser.page
    assert 'name="verdict"' not in browser.page


def test_a_late_approver_learns_who_decided_when_and_why(
    session: Session, people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    late = reading(as_person(people.linus), asked)
    early = reading(as_person(people.grace), asked)
    early.send(f"/requests/{asked.id}/decision", verdict="rejected", comment="Too long.")

    answer = late.send(f"/requests/{asked.id}/decision", verdict="approved", comment="ok")

    assert answer.status_code == 409
    assert "Grace Hopper has already rejected this message" in late.page
    assert re.search(r"Grace Hopper answered on .+: rejected\. Too long\.", late.page)
    assert "please come." in late.page
    assert 'href="/requests"' in late.page
    assert 'name="verdict"' not in late.page
    assert session.get_one(Decision, asked.id).approver == people.grace
    late.get("/requests")
    assert "General assembly" not in late.page


@pytest.mark.parametrize("again", [Verdict.APPROVED, Verdict.REJECTED])
def test_an_approver_who_answers_again_is_addressed_directly(
    people: Cast, asked: ModerationRequest, as_person: Login, again: Verdict
) -> None:
    browser = reading(as_person(people.grace), asked)
    browser.send(f"/requests/{asked.id}/decision", verdict="approved", comment="")

    answer = browser.send(f"/requests/{asked.id}/decision", verdict=again, comment="")

    assert answer.status_code == 409
    assert "You have already approved this message, on " in browser.page
    assert ("Your first answer stands." in browser.page) is (again is not Verdict.APPROVED)
    assert re.search(r"You answered on .+: approved\.", browser.page)


def test_a_late_approver_learns_it_in_their_language(
    session: Session, people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    people.linus.language = Language.FRENCH
    late = reading(as_person(people.linus), asked)
    decide(session, asked, Verdict.APPROVED, actor=Actor(people.grace, Door.SMS))

    assert late.send(f"/requests/{asked.id}/decision", verdict="approved").status_code == 409
    assert "a déjà approuvé ce message" in late.page


def test_a_comment_that_cannot_be_kept_is_still_in_the_form(
    people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    browser = reading(as_person(people.grace), asked)

    answer = browser.send(
        f"/requests/{asked.id}/decision", verdict="rejected", comment="x" * 10_001
    )

    assert answer.status_code == 400
    assert "A comment may have at most 10000 characters" in browser.page
    assert "x" * 10_001 in browser.page
    assert browser.send(f"/requests/{asked.id}/decision", verdict="maybe").status_code == 400


def test_a_message_that_is_its_authors_again_is_not_shown(
    session: Session, people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    browser = reading(as_person(people.grace), asked)
    withdraw(session, asked, actor=Actor(people.ada, Door.PORTAL))
    session.flush()

    browser.get(f"/requests/{asked.id}")

    assert "This request was withdrawn or has expired." in browser.page
    assert "please come." not in browser.page
    assert "Ada Lovelace withdrew" in browser.page
    assert browser.get(f"/requests/{asked.id}/attachments/0").status_code == 404


def test_a_rewritten_message_is_not_shown_as_the_approved_one(
    session: Session, people: Cast, asked: ModerationRequest, as_person: Login
) -> None:
    browser = reading(as_person(people.grace), asked)
    decide(session, asked, Verdict.APPROVED, actor=Actor(people.linus, Door.MAIL))
    asked.message.raw = asked.message.raw.replace(b"please come", b"do not come")
    session.flush()

    browser.get(f"/requests/{asked.id}")

    assert "come." not in browser.page
    assert "answered on" in browser.page


def test_a_request_that_does_not_exist_is_not_found(people: Cast, as_person: Login) -> None:
    browser = as_person(people.grace)

    assert browser.get("/requests/999999").status_code == 404
    assert browser.send("/requests/999999/views").status_code == 404


def reading(browser: Visitor, asked: ModerationRequest) -> Visitor:
    """The browser, with the opened message in it."""
    browser.send(f"/requests/{asked.id}/views")
    browser.get(f"/requests/{asked.id}")
    return browser


def opened(session: Session) -> list[str]:
    """Return who has opened a message, by the audit trail; the approver keys agree."""
    noted = session.scalars(select(AuditEntry.actor).where(AuditEntry.act == Act.VIEWED)).all()
    known = session.scalars(select(ApproverKeys).where(ApproverKeys.viewed_at <= now())).all()
    assert [one.user.name for one in known] == list(noted)
    return list(noted)
