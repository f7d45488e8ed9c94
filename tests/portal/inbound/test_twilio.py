"""Twilio's webhooks, over real HTTP: processed once, in the approver's language, in time."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from models import (
    Channel,
    Door,
    Language,
    LetterName,
    Notification,
    NotificationState,
    Preference,
    Verdict,
)
from models.database import new_session
from portal.app import create_app
from sandbox.web_server import WebServer
from tests.portal.doors import (
    GRACE,
    LINUS,
    SMS_URL,
    STATUS_URL,
    Doors,
    code_in,
    decisions,
    post_signed,
    rows,
    settings_for,
    user,
)
from workflows.transaction import transaction

SID = "SM" + "0" * 32


def test_a_code_decides_and_is_answered(doors: Doors, code: str) -> None:
    answer = doors.phone.text(GRACE, f"NO {code} too long")

    (decision,) = decisions()
    assert (decision.via, decision.comment) == (Door.SMS, "too long")
    assert decision.verdict is Verdict.REJECTED
    assert answer.messages == ['Rejected: "General assembly" for announce. The author is notified.']


def test_a_replay_has_no_effect_and_the_same_answer(doors: Doors, code: str) -> None:
    first = doors.phone.text(GRACE, f"OK {code}", sid=SID)
    before = rows()

    again = doors.phone.text(GRACE, f"OK {code}", sid=SID)

    assert again == first
    assert first.messages == ['Approved: "General assembly" for announce. Thank you.']
    assert rows() == before


def test_a_replay_of_a_wrong_code_counts_once(doors: Doors, code: str) -> None:
    wrong = f"{(int(code) + 1) % 10**6:06}"

    answers = {doors.phone.text(GRACE, f"OK {wrong}", sid=SID).body for _ in range(3)}

    assert len(answers) == 1
    assert len(rows()["wrong_code"]) == 1


def test_one_sms_eight_times_at_once_has_one_effect(doors: Doors, code: str) -> None:
    def text(_: int) -> list[str]:
        return doors.phone.text(GRACE, f"OK {code}", sid=SID).messages

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(text, range(8)))

    assert len(decisions()) == 1
    assert answers == [['Approved: "General assembly" for announce. Thank you.']] * 8
    after = rows()
    assert len(after["dispatch"]) == len(after["inbound_sms"]) == 1


def test_two_approvers_at_once_are_both_answered(doors: Doors) -> None:
    with transaction() as session:
        user(session, "linus").preference = Preference.SMS
    doors.ask()
    asked = [*doors.phone.to(GRACE), *doors.phone.to(LINUS)]

    with ThreadPoolExecutor(2) as threads:
        answers = list(
            threads.map(lambda one: doors.phone.text(one.to, f"OK {code_in(one.body)}"), asked)
        )

    assert [answer.status for answer in answers] == [200, 200]
    assert sorted(text.partition(":")[0] for each in answers for text in each.messages) == [
        "Approved",
        "Too late",
    ]
    assert len(decisions()) == 1


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        (Language.ENGLISH, 'Approved: "General assembly" for announce. Thank you.'),
        (Language.FRENCH, 'Approuvé : "General assembly" pour announce. Merci.'),
        (Language.GERMAN, 'Freigegeben: "General assembly" für announce. Danke.'),
    ],
)
def test_the_answer_is_in_the_approvers_language(
    doors: Doors, code: str, language: Language, answer: str
) -> None:
    with transaction() as session:
        user(session, "grace").language = language

    assert doors.phone.text(GRACE, f"OK {code}").messages == [answer]


STRANGE: list[dict[str, str]] = [
    {},
    {"MessageSid": SID},
    {"From": GRACE, "Body": "OK 123456"},
    {"MessageSid": SID, "Body": "OK 123456"},
    {"MessageSid": "", "From": GRACE},
    {"MessageSid": "S\0M", "From": GRACE, "Body": "OK 123456"},
    {"MessageSid": SID, "From": "+336\0", "Body": "OK 123456"},
    {"MessageSid": "S\0M", "MessageStatus": "failed"},
    {"MessageSid": SID, "MessageStatus": ""},
]


@pytest.mark.parametrize("url", [SMS_URL, STATUS_URL])
def test_a_form_of_another_kind_is_400_and_nothing_is_written(doors: Doors, url: str) -> None:
    before = rows()

    assert [post_signed(doors, url, **fields).status for fields in STRANGE] == [400] * len(STRANGE)
    assert rows() == before


def test_no_text_is_500(doors: Doors, code: str) -> None:
    texts = ["\0", f"NO {code} a\0b", "x" * 99_000, "x" * 200_000]

    assert [doors.phone.text(GRACE, text).status for text in texts] == [400, 400, 200, 413]
    assert decisions() == []
    assert doors.phone.text(GRACE, f"NO {code} {'x' * 10_001}").status == 200


def test_a_stranger_is_not_answered(doors: Doors, code: str) -> None:
    answer = doors.phone.text("+33611111111", f"OK {code}")

    assert (answer.status, answer.messages) == (200, [])
    assert decisions() == []


def test_a_delivered_sms_is_known_to_have_arrived(doors: Doors, code: str) -> None:
    assert code
    answer = doors.phone.report(doors.phone.to(GRACE)[0].sid, "delivered")

    assert answer is not None
    assert answer.status == 204
    assert grace_got(Channel.SMS) == [NotificationState.DELIVERED]


@pytest.mark.parametrize("status", ["undelivered", "failed"])
def test_an_sms_that_does_not_arrive_becomes_a_mail(doors: Doors, status: str) -> None:
    with transaction() as session:
        user(session, "grace").preference = Preference.SMS
    doors.ask()
    assert doors.mailbox.to("grace@example.org") == []
    sid = doors.phone.to(GRACE)[0].sid

    for _ in range(2):  # Twilio repeats itself
        doors.phone.report(sid, status, code=30003)
        doors.work()

    assert grace_got(Channel.SMS) == [NotificationState.FAILED]
    assert grace_got(Channel.EMAIL) == [NotificationState.SENT]
    assert len(doors.mailbox.to("grace@example.org")) == 1


def test_a_report_on_its_way_or_of_an_unknown_sms_changes_nothing(doors: Doors, code: str) -> None:
    assert code
    before = rows()

    unknown = {
        post_signed(doors, STATUS_URL, MessageSid=SID, MessageStatus=status).status
        for status in ("queued", "sent", "delivered", "failed", "a new word")
    }
    sent = doors.phone.report(doors.phone.to(GRACE)[0].sid, "sent")

    assert unknown == {204}
    assert sent is not None
    assert sent.status == 204
    assert rows() == before


@pytest.fixture
def silence() -> Iterator[str]:
    """A server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield f"127.0.0.1:{door.getsockname()[1]}"


def test_a_webhook_waits_for_neither_mail_relay_nor_twilio(
    doors: Doors, code: str, silence: str
) -> None:
    hanging = settings_for(doors.phone).model_copy(
        update={"smtp_url": SecretStr(f"smtp://{silence}"), "twilio_url": f"http://{silence}"}
    )
    doors.phone.be_slow(30)
    doors.mailbox.be_slow(30)
    sid = doors.phone.to(GRACE)[0].sid

    with WebServer(create_app(hanging)) as web:
        doors.phone.connect(SMS_URL, at=web.url)
        began = time.monotonic()
        answer = doors.phone.text(GRACE, f"OK {code}")
        reported = doors.phone.report(sid, "undelivered", code=30003)
        took = time.monotonic() - began

    assert answer.messages == ['Approved: "General assembly" for announce. Thank you.']
    assert reported is not None
    assert reported.status == 204
    assert took < 15  # as long as Twilio waits; what hangs here, hangs for 30 s


def grace_got(channel: Channel) -> list[NotificationState]:
    """Return the states of Grace's letters on this channel."""
    with new_session() as session:
        grace = user(session, "grace")
        questions = select(Notification).where(
            Notification.user_id == grace.id,
            Notification.channel == channel,
            Notification.letter == LetterName.MODERATE,
        )
        return [one.state for one in session.scalars(questions)]
