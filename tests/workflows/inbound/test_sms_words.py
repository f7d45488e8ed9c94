"""SMS that are one word, and codes of long ago."""

import pytest
from sqlalchemy.orm import Session

from models import Actor, AuditEntry, Decision, Door, Verdict
from tests.builders import Cast, a_request
from tests.letter_context import KEYS
from workflows.inbound import sms
from workflows.inbound.sms import Said, SmsAnswer
from workflows.moderation import approver_keys
from workflows.moderation.decide import decide

GRACE = "+33612345678"


@pytest.fixture(autouse=True)
def _telephone(people: Cast) -> None:
    people.grace.phone = GRACE


def send(session: Session, text: str, opt_out_type: str = "") -> SmsAnswer:
    """Receive this SMS from Grace; return the answer."""
    return sms.answer(session, GRACE, text, opt_out_type=opt_out_type, keys=KEYS, policy="allow")


@pytest.mark.parametrize("text", ["HELP", "info", "Help!"])
def test_listgate_does_not_answer_what_twilio_answers(session: Session, text: str) -> None:
    assert send(session, text).said is Said.NOTHING


@pytest.mark.parametrize("text", ["AIDE", "Hilfe?"])
def test_a_word_for_help_that_twilio_does_not_know_is_answered(session: Session, text: str) -> None:
    assert send(session, text).said is Said.HOW


def test_twilios_reading_of_a_word_counts(session: Session, people: Cast) -> None:
    assert send(session, "Basta", "STOP").said is Said.NOTHING
    assert people.grace.sms_stopped_at is not None
    assert send(session, "AIDE", "HELP").said is Said.NOTHING
    assert send(session, "Dai", "START").said is Said.NOTHING
    assert people.grace.sms_stopped_at is None


def test_a_locked_telephone_may_still_stop(session: Session, people: Cast) -> None:
    for n in range(5):
        send(session, f"OK {n:06}")

    assert send(session, "STOP").said is Said.NOTHING
    assert people.grace.sms_stopped_at is not None


def test_the_oldest_open_request_is_found_behind_as_many_settled_ones_as_are_searched(
    session: Session, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approver_keys, "RECENT", 3)
    oldest = a_request(session, people)
    for _ in range(4):
        newer = a_request(session, people)
        decide(session, newer, Verdict.REJECTED, actor=Actor(people.linus, Door.PORTAL))

    (code,) = (KEYS.code(one.id) for one in oldest.approver_keys if one.user is people.grace)

    assert send(session, f"OK {code}").said is Said.APPROVED
    assert session.get_one(Decision, oldest.id).via is Door.SMS


def test_stop_and_start_are_on_record(session: Session) -> None:
    send(session, "STOP")
    send(session, "START")

    session.flush()
    acts = [entry.act for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
    assert acts[-2:] == ["stopped_sms", "started_sms"]
