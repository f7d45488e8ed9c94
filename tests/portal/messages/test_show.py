"""A message's page: its status, and what each person may do next."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Bounce,
    Dispatch,
    DispatchState,
    Door,
    LetterName,
    Message,
    MessageState,
    Notification,
    User,
    Verdict,
)
from models.clock import now
from tests.builders import Cast, a_dispatch, a_draft, a_request
from tests.portal.visitors import Visitor
from workflows.moderation.decide import decide
from workflows.people import users
from workflows.sendout.claim import begin_sending
from workflows.sendout.domains import Domains

Login = Callable[[User], Visitor]


def buttons(visitor: Visitor, message: Message) -> set[str]:
    """The acts that the page of this message offers."""
    visitor.get(f"/messages/{message.id}")
    words = [
        "Request approval",
        "Send<",
        "Schedule<",
        "Withdraw the request",
        "Recall<",
        "Stop the sendout",
        "Copy as a new draft",
        "Send me a proof",
        "Delete the draft",
        "Change the time",
        "Edit the draft",
        "Replace the draft",
    ]
    return {each.strip("<") for each in words if f">{each}" in visitor.page}


def state(session: Session, message: Message) -> MessageState:
    session.expire_all()
    return session.get_one(Message, message.id).state


def test_an_author_without_right_601_requests_approval(
    session: Session, people: Cast, as_person: Login
) -> None:
    draft, ada = a_draft(session, people), as_person(people.ada)

    offered = buttons(ada, draft)
    assert {"Request approval", "Replace the draft"} < offered
    assert {"Send", "Schedule"} & offered == set()
    assert ada.send(f"/messages/{draft.id}/handing_in").status_code == 303

    assert state(session, draft) is MessageState.IN_MODERATION


def test_an_author_with_right_601_sends(session: Session, people: Cast, as_person: Login) -> None:
    users.grant(session, people.ada, "sender", actor=Actor.operator())
    draft, ada = a_draft(session, people), as_person(people.ada)

    offered = buttons(ada, draft)
    assert {"Send", "Schedule"} < offered
    assert "Request approval" not in offered
    ada.send(f"/messages/{draft.id}/handing_in", when="now", send_at="")

    assert state(session, draft) is MessageState.SCHEDULED
    assert session.scalars(select(Dispatch)).one().due_at <= now()


def test_an_author_with_right_601_schedules_in_the_own_time_zone(
    session: Session, people: Cast, as_person: Login
) -> None:
    users.grant(session, people.ada, "sender", actor=Actor.operator())
    people.ada.time_zone = "America/New_York"
    draft, ada = a_draft(session, people), as_person(people.ada)
    # At noon no clocks are put back: a time that they show twice would be refused.
    there = (now() + timedelta(days=9)).astimezone(ZoneInfo("America/New_York")).replace(hour=12)
    typed = f"{there:%Y-%m-%dT%H:%M}"

    ada.send(f"/messages/{draft.id}/handing_in", when="then", send_at=typed)

    waiting = session.scalars(select(Dispatch)).one()
    assert waiting.due_at == there.replace(second=0, microsecond=0)
    ada.get(f"/messages/{draft.id}")
    assert f'value="{typed}"' in ada.page
    assert "In the time zone America/New_York." in ada.page


def test_a_time_with_an_offset_keeps_it(session: Session, people: Cast, as_person: Login) -> None:
    users.grant(session, people.ada, "sender", actor=Actor.operator())
    people.ada.time_zone = "America/New_York"
    draft, ada = a_draft(session, people), as_person(people.ada)

    ada.send(f"/messages/{draft.id}/handing_in", when="then", send_at="2099-01-31T09:00+09:00")

    (waiting,) = session.scalars(select(Dispatch))
    assert waiting.due_at == datetime(2099, 1, 31, tzinfo=UTC)


def test_of_a_time_shown_twice_either_can_be_chosen(
    session: Session, people: Cast, as_person: Login
) -> None:
    users.grant(session, people.ada, "sender", actor=Actor.operator())
    people.ada.time_zone = "America/New_York"
    draft, ada = a_draft(session, people), as_person(people.ada)
    typed = {"when": "then", "send_at": "2099-11-01T01:30"}

    ada.send(f"/messages/{draft.id}/handing_in", **typed)
    offered = [re.findall(r'value="(\w+)" selected', ada.page)]
    ada.send(f"/messages/{draft.id}/handing_in", **typed, which_hour="second")
    ada.get(f"/messages/{draft.id}")
    offered.append(re.findall(r'value="(\w+)" selected', ada.page))

    (waiting,) = session.scalars(select(Dispatch))
    assert waiting.due_at == datetime(2099, 11, 1, 6, 30, tzinfo=UTC)
    assert offered == [["first"], ["second"]]


def test_a_send_time_stays_in_the_zone_in_which_it_was_chosen(
    session: Session, people: Cast, as_person: Login
) -> None:
    users.grant(session, people.ada, "sender", actor=Actor.operator())
    people.ada.time_zone = "America/New_York"
    draft, ada = a_draft(session, people), as_person(people.ada)
    nine = {"when": "then", "send_at": "2099-01-31T09:00"}
    ada.send(f"/messages/{draft.id}/handing_in", **nine)

    people.ada.time_zone = "Asia/Tokyo"
    ada.get(f"/messages/{draft.id}")

    assert 'value="2099-01-31T09:00"' in ada.page
    assert "In the time zone America/New_York." in ada.page
    ada.send(f"/messages/{draft.id}/time", send_at="2099-01-31T10:00")
    assert session.scalars(select(Dispatch)).one().due_at == datetime(2099, 1, 31, 15, tzinfo=UTC)


def test_a_time_that_was_not_understood_sends_nothing(
    session: Session, people: Cast, as_person: Login
) -> None:
    users.grant(session, people.ada, "sender", actor=Actor.operator())
    people.ada.time_zone = "America/New_York"
    draft, ada = a_draft(session, people), as_person(people.ada)

    for time, said in [
        ("", "Please enter a time."),
        ("tomorrow", "This is not a date and time"),
        ("2001-01-31T09:00", "is in the past"),
        # America/New_York, where 02:00 is followed by 03:00.
        ("2099-03-08T02:30", "Clocks are put forward then"),
        ("2099-11-01T01:30", "Clocks are put back then"),
    ]:
        sent = ada.send(f"/messages/{draft.id}/handing_in", when="then", send_at=time)
        assert sent.status_code == 400
        assert said in ada.page
        assert "<h1>General assembly</h1>" in ada.page
        assert state(session, draft) is MessageState.DRAFT


def test_a_time_on_the_form_is_refused_to_who_may_set_none(
    session: Session, people: Cast, as_person: Login
) -> None:
    people.ada.roles = []
    draft, ada = a_draft(session, people), as_person(people.ada)

    ada.get(f"/messages/{draft.id}")
    assert 'name="send_at"' not in ada.page
    later = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT%H:%M}"
    assert ada.send(f"/messages/{draft.id}/handing_in", send_at=later).status_code == 403
    assert state(session, draft) is MessageState.DRAFT
    assert ada.send(f"/messages/{draft.id}/handing_in").status_code == 303


def test_a_question_is_withdrawn(session: Session, people: Cast, as_person: Login) -> None:
    message, ada = a_request(session, people).message, as_person(people.ada)

    assert "Withdraw the request" in buttons(ada, message)
    assert ada.send(f"/messages/{message.id}/withdrawal").status_code == 303

    assert state(session, message) is MessageState.DRAFT


def test_a_scheduled_message_is_given_another_time_and_recalled(
    session: Session, people: Cast, as_person: Login
) -> None:
    waiting, ada = a_dispatch(session, people), as_person(people.ada)
    message = waiting.message
    later = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT%H:%M}"

    assert {"Recall", "Change the time"} < buttons(ada, message)
    assert ada.send(f"/messages/{message.id}/time", send_at=later).status_code == 303
    session.expire_all()
    assert waiting.due_at > now() + timedelta(days=8)
    assert ada.send(f"/messages/{message.id}/recall").status_code == 303

    assert state(session, message) is MessageState.DRAFT
    assert waiting.state is DispatchState.RECALLED


def test_a_sendout_shows_how_far_it_is_and_is_stopped(
    session: Session, people: Cast, as_person: Login
) -> None:
    sending, ada = a_dispatch(session, people), as_person(people.ada)
    begin_sending(session, sending)
    session.flush()

    assert "Stop the sendout" in buttons(ada, sending.message)
    assert "0 of 2 sent" in ada.page
    assert f'data-live="/messages/{sending.message_id}/standing"' in ada.page
    assert "0 of 2 sent" in ada.get(f"/messages/{sending.message_id}/standing").text
    assert "What happened so far" in ada.get(f"/messages/{sending.message_id}/history").text
    ada.send(f"/messages/{sending.message_id}/recall")

    assert state(session, sending.message) is MessageState.STOPPED


def test_copies_that_came_back_are_counted(
    session: Session, people: Cast, as_person: Login
) -> None:
    sending, ada = a_dispatch(session, people), as_person(people.ada)
    begin_sending(session, sending)
    ada.get(f"/messages/{sending.message_id}")
    assert "Copies that came back" not in ada.page

    gone = Bounce(
        message_id=sending.message_id, user_id=people.edsger.id, hard=True, status="5.1.1"
    )
    session.add(gone)
    session.flush()

    ada.get(f"/messages/{sending.message_id}")
    assert "<dt>Copies that came back</dt><dd>1</dd>" in ada.page


def test_a_rejected_message_shows_why_and_is_copied(
    session: Session, people: Cast, as_person: Login
) -> None:
    asked, ada = a_request(session, people), as_person(people.ada)
    decide(
        session,
        asked,
        Verdict.REJECTED,
        actor=Actor(people.grace, Door.MAIL),
        comment="Wrong <date>",
    )
    session.flush()

    assert buttons(ada, asked.message) == {"Copy as a new draft", "Send me a proof"}
    assert "<dd>Wrong <date></dd>" in ada.page
    assert "Grace Hopper rejected" in ada.page
    answer = ada.send(f"/messages/{asked.message_id}/copy")

    newest = session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
    assert answer.location == f"/messages/{newest.id}"
    assert (newest.state, newest.subject) == (MessageState.DRAFT, "General assembly")


def test_a_proof_is_sent_to_the_author(session: Session, people: Cast, as_person: Login) -> None:
    draft, ada = a_draft(session, people), as_person(people.ada)

    assert ada.send(f"/messages/{draft.id}/proof").status_code == 303

    proof = session.scalars(select(Notification)).one()
    assert (proof.letter, proof.user) == (LetterName.PROOF, people.ada)


def test_a_draft_is_deleted(session: Session, people: Cast, as_person: Login) -> None:
    draft, ada = a_draft(session, people), as_person(people.ada)

    assert ada.send(f"/messages/{draft.id}/deletion").location == "/messages"

    assert state(session, draft) is MessageState.DISCARDED
    ada.get("/messages")
    assert "The draft has been deleted." in ada.page
    assert "General assembly" not in ada.page


def test_an_illegal_transition_is_explained_on_the_page(
    session: Session, people: Cast, as_person: Login
) -> None:
    draft, ada = a_draft(session, people), as_person(people.ada)
    acts = "withdrawal", "recall", "time"

    answers = [ada.send(f"/messages/{draft.id}/{act}").status_code for act in acts]

    assert answers == [409, 409, 303]


def test_a_stopped_sendout_can_be_resumed_or_ended_on_its_page(
    session: Session, people: Cast, as_person: Login
) -> None:
    sending = a_dispatch(session, people)
    begin_sending(session, sending)
    ada, page = as_person(people.ada), f"/messages/{sending.message_id}"
    ada.send(f"{page}/recall")

    assert {f"{page}/resumption", f"{page}/end"} <= actions(ada, page)
    ada.send(f"{page}/resumption")
    assert sending.message.state is MessageState.SENDING
    ada.send(f"{page}/recall")
    ada.send(f"{page}/end")

    assert actions(ada, page).isdisjoint({f"{page}/resumption", f"{page}/end"})


def test_while_it_is_being_sent_the_page_names_the_domains_that_are_slowed_down(
    session: Session, people: Cast, as_person: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending, ada = a_dispatch(session, people), as_person(people.ada)
    slowed = {"slow.example": (300, "450 4.7.1")}
    monkeypatch.setattr(Domains, "slowed", lambda _: slowed)
    words = "slow.example: at most 300 a minute, because the mail server answered 450 4.7.1"

    ada.get(f"/messages/{sending.message_id}")
    assert words not in ada.page
    begin_sending(session, sending)
    ada.get(f"/messages/{sending.message_id}")
    assert words in ada.page


def actions(visitor: Visitor, page: str) -> set[str]:
    """The addresses of the forms on this page."""
    visitor.get(page)
    return set(re.findall(r'action="([^"]+)"', visitor.page))
