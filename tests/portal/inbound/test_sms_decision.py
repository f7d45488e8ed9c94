"""Decisions by SMS, over real HTTP: the operator's policy, and the price of a wrong code."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from models import Actor, Door, InboundSms, LetterName, ModerationRequest, Preference
from portal.app import create_app
from sandbox.web_server import WebServer
from tests.portal.doors import GRACE, SMS_URL, Doors, decisions, rows, settings_for, user
from workflows.moderation.approver_keys import view
from workflows.transaction import transaction


def answers(doors: Doors, policy: str, text: str, **given: Any) -> list[str]:
    """Return the answer to an SMS from Grace under this policy."""
    own = settings_for(doors.phone, doors.mailbox).model_copy(update={"sms_decision": policy})
    with WebServer(create_app(own)) as web:
        doors.phone.connect(SMS_URL, at=web.url)
        return list(doors.phone.text(GRACE, text, **given).messages)


def test_with_off_an_sms_is_answered_that_it_does_not_count(doors: Doors, code: str) -> None:
    assert answers(doors, "off", f"OK {code}") == [
        "Answers by SMS are not accepted here; please answer by e-mail."
    ]
    assert decisions() == []


def test_with_after_view_an_sms_counts_once_its_sender_has_read_the_message(
    doors: Doors, code: str
) -> None:
    before = answers(doors, "after_view", f"OK {code}")
    assert before == ["Please log in and read message 1 first. Nothing was done."]
    assert decisions() == []

    with transaction() as session:
        request = session.get_one(ModerationRequest, 1)
        view(session, request, actor=Actor(user(session, "grace"), Door.COMMAND_LINE))

    assert answers(doors, "after_view", f"OK {code}")[0].startswith("Approved")
    assert len(decisions()) == 1


def test_five_wrong_codes_lock_the_number_and_alert_the_administrators(
    doors: Doors, code: str
) -> None:
    wrong = [f"{(int(code) + n) % 10**6:06}" for n in range(1, 6)]

    said = [doors.phone.text(GRACE, f"OK {one}").messages[0] for one in wrong]
    doors.work()

    assert [text.partition(":")[0] for text in said[:4]] == [
        "This code matches no open request; nothing was done. Attempts left"
    ] * 4
    locked = "Too many wrong codes: this number is locked for an hour."
    assert said[4] == locked
    assert doors.phone.text(GRACE, f"OK {code}").messages == [locked]
    assert decisions() == []
    (alert,) = doors.mailbox.to("barbara@example.org")
    assert "Grace Hopper" in str(alert.message["Subject"]) + alert.content.decode()
    assert sum(LetterName.PHONE_LOCKED in row for row in rows()["notification"]) == 1


def test_stop_is_not_answered_and_the_next_question_comes_by_mail(doors: Doors, code: str) -> None:
    assert code
    with transaction() as session:
        user(session, "grace").preference = Preference.SMS

    assert doors.phone.text(GRACE, "STOP").messages == []
    mails, texts = len(doors.mailbox.to("grace@example.org")), len(doors.phone.to(GRACE))
    doors.ask()

    assert len(doors.mailbox.to("grace@example.org")) == mails + 1
    assert len(doors.phone.to(GRACE)) == texts


@pytest.mark.parametrize(("text", "answered"), [("HELP", 0), ("AIDE", 1), ("Hilfe", 1)])
def test_help_is_answered_where_twilio_does_not(doors: Doors, text: str, answered: int) -> None:
    assert len(doors.phone.text(GRACE, text).messages) == answered


def test_an_answer_by_sms_that_is_repeated_is_confirmed_and_not_late(
    doors: Doors, code: str
) -> None:
    doors.phone.text(GRACE, f"OK {code}")

    assert doors.phone.text(GRACE, f"Oui {code}").messages == [
        'You have already approved "General assembly" for announce.'
    ]
    assert doors.phone.text(GRACE, f"NO {code} wait").messages == [
        'You have already approved "General assembly" for announce. Your first answer stands.'
    ]
    assert [one.verdict for one in decisions()] == ["approved"]


def test_the_same_answer_is_sent_five_times_an_hour_at_most(doors: Doors, code: str) -> None:
    answered = [len(doors.phone.text(GRACE, "I am driving").messages) for _ in range(7)]

    assert answered == [1] * 5 + [0] * 2
    assert len(doors.phone.text(GRACE, "AIDE").messages) == 1
    assert doors.phone.text(GRACE, f"OK {code}").messages[0].startswith("Approved")
    with transaction() as session:
        for sms in session.scalars(select(InboundSms)):
            sms.received_at -= timedelta(hours=1)
    assert len(doors.phone.text(GRACE, "I am driving").messages) == 1
