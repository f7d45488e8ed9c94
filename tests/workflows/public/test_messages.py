"""Another service writes and submits messages, and reads their status."""

from base64 import b64encode
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from models import Actor, ActsFor, Door, Invalid, Message, Trespass, Verdict, WhoMayAsk
from notifications.mime.compose import read_typed
from tests.builders import Cast, a_dispatch, a_request, an_eml
from tests.workflows.public.calling import perform
from tests.workflows.services.callers import a_caller
from workflows.moderation.asking import MayNotWrite
from workflows.moderation.decide import decide
from workflows.sendout.claim import begin_sending

SENT = "2035-01-31T09:00"
SCHEDULED: dict[str, Any] = {
    "send_at": SENT,
    "time_zone": "Europe/Zurich",
    "rate": "500/30",
    "window": "08:00-20:00",
    "evenly": "3h",
}


def written(session: Session, given: dict[str, Any]) -> Message:
    """Return the message that an answer is about."""
    return session.get_one(Message, given["message_id"])


def by_ada(people: Cast, **given: Any) -> dict[str, Any]:
    """The arguments of a message of Ada's to the list announce."""
    return {"list": "announce", "author_id": people.ada.id, "subject": "Hello", **given}


def test_a_text_becomes_a_mail_that_is_submitted(session: Session, people: Cast) -> None:
    crm = a_caller(session, "crm")

    answer = perform(session, crm, "submit_message", **by_ada(people, text="Dear all,\n\ncome."))

    message = written(session, answer)
    typed = read_typed(message.raw)
    assert (answer["message"], answer["request"]) == ("in_moderation", "open")
    assert (typed.subject, typed.text, typed.html) == ("Hello", "Dear all,\n\ncome.", "")
    assert message.composed


def test_a_text_in_markdown_is_sent_as_text_and_as_html(session: Session, people: Cast) -> None:
    text = "# Hello\n\n*Come* <script>, [leave]({{unsubscribe_url}}) [x](javascript:x)"
    given = by_ada(people, text=text, text_format="markdown", personal_fields=True, ask=False)

    answer = perform(session, a_caller(session, "register"), "submit_message", **given)

    typed = read_typed(written(session, answer).raw)
    assert answer == {"message_id": answer["message_id"], "message": "draft"}
    assert typed.text == text
    assert "<h1>Hello</h1>\n<p><em>Come</em> &lt;script&gt;" in typed.html
    assert '<a href="{{unsubscribe_url}}">leave</a> [x](javascript:x)' in typed.html


def test_a_whole_mail_is_kept_byte_for_byte(session: Session, people: Cast) -> None:
    raw = an_eml("Grüße")
    given = {"list": "announce", "author_id": people.ada.id, "ask": False}
    lines = b64encode(raw).decode()

    answer = perform(
        session,
        a_caller(session, "register"),
        "submit_message",
        raw_base64=f"{lines[:76]}\r\n{lines[76:]}\n",
        **given,
    )

    assert written(session, answer).raw == raw
    assert written(session, answer).subject == "Grüße"


def test_a_right_to_send_schedules_at_once(session: Session, people: Cast) -> None:
    given = by_ada(people, author_id=people.barbara.id, text="Come.", **SCHEDULED)

    answer = perform(session, a_caller(session, "register"), "submit_message", **given)

    message = written(session, answer)
    assert answer == {"message_id": message.id, "message": "scheduled"}
    assert message.send_at is not None
    assert message.send_at.astimezone(ZoneInfo("Europe/Zurich")).isoformat() == f"{SENT}:00+01:00"
    status = perform(session, a_caller(session, "crm"), "message_status", message_id=message.id)
    assert (status["time_zone"], status["rate"], status["window"], status["evenly"]) == (
        "Europe/Zurich",
        "500/30",
        "08:00-20:00",
        "180",
    )
    assert status["sendout"] == {
        "state": "waiting",
        "due_at": status["send_at"],
        "deliveries": {},
    }
    assert "Hello" not in str(status)


def test_variants_split_a_message(session: Session, people: Cast) -> None:
    variants = [{"subject": "B", "text": "b", "share": 20}, {"subject": "C", "share": 30}]
    given = by_ada(
        people, author_id=people.barbara.id, variants=variants, share=10, rest_at=f"{SENT}Z"
    )

    answer = perform(session, a_caller(session, "register"), "submit_message", winner="B", **given)

    message = written(session, answer)
    letters = answer["variant_ids"]
    assert [*letters] == ["A", "B", "C"]
    assert [(each.id, each.share, each.subject) for each in message.versions] == [
        (letters["A"], 10, "Hello"),
        (letters["B"], 20, "B"),
        (letters["C"], 30, "C"),
    ]
    assert message.winner_id == letters["B"]
    status = perform(session, a_caller(session, "x"), "message_status", message_id=letters["C"])
    assert (status["message"], status["variant_of"]) == ("variant", message.id)


def test_what_is_wrong_in_a_message_is_refused_and_nothing_is_written(
    session: Session, people: Cast
) -> None:
    crm, share = a_caller(session, "register"), {"subject": "B", "share": 50}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"raw_base64": "AAAA"}, "either raw_base64, or subject"),
        ({"raw_base64": "A", "subject": ""}, "raw_base64: not base64"),
        ({"raw_base64": "ü", "subject": ""}, "raw_base64: not base64"),
        ({"text_format": "markdown", "html": "<p>"}, "leave html out"),
        ({"time_zone": "Europe/Atlantis"}, "no such time zone"),
        ({"send_at": "2035-01-31T09:00"}, "needs a time zone"),
        ({"send_at": "2035-03-25T02:30", "time_zone": "Europe/Zurich"}, "skip this time"),
        ({"send_at": "2015-01-31T09:00Z"}, "in the past"),
        ({"send_at": "9999-12-31T23:59Z", "time_zone": "Asia/Tokyo"}, "outside the calendar"),
        ({"rate": "fast"}, "Write a rate like"),
        ({"window": "night"}, "Write a time of day"),
        ({"variants": [share]}, "needs a share of its own"),
        ({"share": 50}, "split into 2 to 10"),
        ({"share": 50, "variants": [share], "winner": "A"}, "no one is left for a winner"),
        ({"share": 40, "variants": [share], "rest_at": SENT}, "needs a time zone"),
        ({"share": 40, "variants": [share], "winner": "C", "rest_at": f"{SENT}Z"}, "The winner"),
        ({"subject": ""}, "The message is empty"),
    ]

    for given, sentence in wrong:
        with pytest.raises(Invalid, match=sentence):
            perform(
                session,
                crm,
                "submit_message",
                **by_ada(people, **{"author_id": people.barbara.id, **given}),
            )

    assert session.query(Message).count() == 0


def test_only_who_may_write_is_an_author(session: Session, people: Cast) -> None:
    crm, own = a_caller(session, "register"), a_caller(session, "own", acts_for=ActsFor.OWN)
    by_edsger = by_ada(people, author_id=people.edsger.id)

    with pytest.raises(Trespass, match="SCHEDULE_SENDOUT"):
        perform(session, crm, "submit_message", rate="1/1", **by_edsger)
    people.announce.who_may_ask = WhoMayAsk.AUTHORS
    with pytest.raises(MayNotWrite):
        perform(session, crm, "submit_message", **by_edsger)
    with pytest.raises(Trespass, match="only for people that it has brought"):
        perform(session, own, "submit_message", **by_ada(people))


def test_the_status_has_the_decision_but_not_its_comment(session: Session, people: Cast) -> None:
    crm = a_caller(session, "register")
    request = a_request(session, people)
    asked = perform(session, crm, "message_status", message_id=request.message_id)
    grace = Actor(people.grace, Door.SMS)
    decide(session, request, Verdict.REJECTED, actor=grace, comment="A secret.")
    session.flush()
    session.expire_all()

    status = perform(session, crm, "message_status", message_id=request.message_id)

    assert (asked["message"], asked["request"]) == ("in_moderation", "open")
    assert "decision" not in asked
    assert (status["message"], status["request"]) == ("rejected", "decided")
    assert status["decision"] == {
        "verdict": "rejected",
        "approver_id": people.grace.id,
        "via": "sms",
        "decided_at": status["decision"]["decided_at"],
    }
    assert "secret" not in str(status)


def test_the_status_counts_copies_by_state(session: Session, people: Cast) -> None:
    dispatch = a_dispatch(session, people)
    begin_sending(session, dispatch)
    session.flush()

    crm = a_caller(session)
    status = perform(session, crm, "message_status", message_id=dispatch.message_id)

    assert (status["message"], status["decision"]["verdict"]) == ("sending", "approved")
    assert status["sendout"]["deliveries"] == {"pending": 2}
    assert (status["sendout"]["state"], status["sendout"]["recipients"]) == ("sending", 2)
