"""An SMS that comes in."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Actor,
    ApproverKeys,
    AuditEntry,
    Door,
    LetterName,
    MessageState,
    ModerationRequest,
    Notification,
    RequestState,
    User,
    Verdict,
    WrongCode,
)
from models.clock import now
from notifications.letters.keys import Keys
from settings.types import SmsDecision
from tests.builders import Cast, a_request
from tests.letter_context import KEYS
from workflows.inbound import sms
from workflows.inbound.sms import Said, SmsAnswer
from workflows.lists import lists
from workflows.moderation.approver_keys import view
from workflows.moderation.decide import decide, withdraw

GRACE = "+33612345678"


@pytest.fixture
def request_(session: Session, people: Cast) -> ModerationRequest:
    """An open request, which Grace may answer by telephone."""
    people.grace.phone = GRACE
    return a_request(session, people)


def code(request: ModerationRequest, user: User) -> str:
    """The code that this person got."""
    (keys,) = (one for one in request.approver_keys if one.user == user)
    return KEYS.code(keys.id)


def send(
    session: Session, text: str, *, number: str = GRACE, policy: SmsDecision = "allow"
) -> SmsAnswer:
    """Receive this SMS; return the answer."""
    return sms.answer(session, number, text, keys=KEYS, policy=policy)


@pytest.mark.parametrize(
    ("text", "said", "state"),
    [
        ("OK {}", Said.APPROVED, MessageState.SCHEDULED),
        ("ja {}", Said.APPROVED, MessageState.SCHEDULED),
        ("Non {} trop long", Said.REJECTED, MessageState.REJECTED),
        ("zurück {}: zu lang", Said.SENT_BACK, MessageState.DRAFT),
    ],
)
def test_a_right_code_decides(
    session: Session,
    people: Cast,
    request_: ModerationRequest,
    *,
    text: str,
    said: Said,
    state: MessageState,
) -> None:
    answer = send(session, text.format(code(request_, people.grace)))

    assert answer.said is said
    assert request_.message.state is state
    assert request_.decision is not None
    assert request_.decision.via is Door.SMS


def test_the_reason_reaches_the_decision(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    send(session, f"NO {code(request_, people.grace)} it is too long")

    assert request_.decision is not None
    assert request_.decision.comment == "it is too long"


@pytest.mark.parametrize("text", ["OK", "maybe {}", "{}", "", "I cannot approve {} yet"])
def test_an_sms_that_is_not_understood_does_nothing(
    session: Session, people: Cast, request_: ModerationRequest, text: str
) -> None:
    answer = send(session, text.format(code(request_, people.grace)))

    assert answer.said is Said.NOT_UNDERSTOOD
    assert request_.state is RequestState.OPEN


def test_a_message_is_not_sent_back_without_a_comment(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    answer = send(session, f"CHANGES {code(request_, people.grace)}")

    assert answer.said is Said.COMMENT_NEEDED
    assert request_.state is RequestState.OPEN
    send(session, f"CHANGES {code(request_, people.grace)} it is too long")
    again = send(session, f"back {code(request_, people.grace)}")
    assert again.said is Said.NOT_UNDERSTOOD
    again = send(session, f"return {code(request_, people.grace)} it is too long")
    assert again.said is Said.SENT_BACK_BEFORE
    assert send(session, f"OK {code(request_, people.grace)}").said is Said.RETURN_STANDS


def test_a_strangers_sms_is_not_answered(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    right = code(request_, people.grace)

    answer = send(session, f"OK {right}", number="+33600000000")

    assert answer.said is Said.NOTHING
    assert request_.state is RequestState.OPEN


def test_the_code_of_another_approver_is_wrong(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    answer = send(session, f"OK {code(request_, people.linus)}")

    assert answer.said is Said.WRONG_CODE
    assert request_.state is RequestState.OPEN


def test_the_second_approver_learns_who_was_first(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    decide(session, request_, Verdict.REJECTED, actor=Actor(people.linus, Door.PORTAL))

    answer = send(session, f"OK {code(request_, people.grace)}")

    assert answer.said is Said.TOO_LATE
    assert answer.facts["approver"] == "Linus Torvalds"


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        ("OK", "ja", Said.APPROVED_BEFORE),
        ("NO", "Non", Said.REJECTED_BEFORE),
        ("OK", "NO", Said.APPROVAL_STANDS),
        ("NO", "OK", Said.REJECTION_STANDS),
        ("OK", "Changes", Said.APPROVAL_STANDS),
    ],
)
def test_a_second_answer_of_the_first_approver_does_not_count(
    session: Session,
    people: Cast,
    request_: ModerationRequest,
    *,
    first: str,
    then: str,
    said: Said,
) -> None:
    right = code(request_, people.grace)
    send(session, f"{first} {right}")

    answer = send(session, f"{then} {right}")

    assert answer.said is said
    assert answer.facts == {"subject": "General assembly", "list": "announce"}


def test_a_withdrawn_request_is_closed(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    withdraw(session, request_, actor=Actor(people.ada, Door.PORTAL))

    assert send(session, f"OK {code(request_, people.grace)}").said is Said.CLOSED


def test_a_former_approver_is_refused_and_audited(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    lists.set_approvers(session, people.approvers, [people.linus], actor=Actor.operator())

    answer = send(session, f"OK {code(request_, people.grace)}")

    assert answer.said is Said.NOT_AN_APPROVER
    refused = session.scalars(select(AuditEntry).where(AuditEntry.act == "refused")).one()
    assert (refused.actor, refused.door) == ("Grace Hopper", Door.SMS)


def test_five_wrong_codes_lock_the_number_and_alert_the_administrators(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    said = [send(session, f"OK {n:06}").said for n in range(5)]

    assert said == [Said.WRONG_CODE] * 4 + [Said.LOCKED]
    assert send(session, f"OK {code(request_, people.grace)}").said is Said.LOCKED
    alerts = session.scalars(
        select(Notification).where(Notification.letter == LetterName.PHONE_LOCKED)
    ).all()
    assert [alert.user for alert in alerts] == [people.barbara]
    assert request_.state is RequestState.OPEN


def test_a_lock_ends_after_an_hour(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    for n in range(5):
        send(session, f"OK {n:06}")
    for wrong in session.scalars(select(WrongCode)):
        wrong.at = now() - timedelta(minutes=61)
    session.flush()

    assert send(session, f"OK {code(request_, people.grace)}").said is Said.APPROVED


@pytest.mark.parametrize("text", ["STOP", "stop", "Arret"])
def test_stop_moves_a_person_to_mail(
    session: Session, people: Cast, request_: ModerationRequest, text: str
) -> None:
    answer = send(session, text)

    assert answer.said is Said.NOTHING
    assert people.grace.sms_stopped_at is not None
    assert request_.state is RequestState.OPEN


def test_start_brings_sms_back(session: Session, people: Cast, request_: ModerationRequest) -> None:
    send(session, "STOP")

    send(session, "START")

    assert people.grace.sms_stopped_at is None
    assert request_.state is RequestState.OPEN


def test_with_off_an_sms_never_decides(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    answer = send(session, f"OK {code(request_, people.grace)}", policy="off")

    assert answer.said is Said.OFF
    assert request_.state is RequestState.OPEN


def test_with_after_view_one_reads_first(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    text = f"OK {code(request_, people.grace)}"
    assert send(session, text, policy="after_view").said is Said.VIEW_FIRST

    view(session, request_, actor=Actor(people.grace, Door.COMMAND_LINE))

    assert send(session, text, policy="after_view").said is Said.APPROVED


def test_an_sms_is_claimed_once(session: Session, people: Cast) -> None:  # noqa: ARG001
    assert sms.claim(session, "SM1") is True
    assert sms.claim(session, "SM1") is False


def test_two_open_requests_have_codes_of_their_own(
    session: Session, people: Cast, request_: ModerationRequest
) -> None:
    other = a_request(session, people)

    send(session, f"OK {code(other, people.grace)}")

    assert other.state is RequestState.DECIDED
    assert request_.state is RequestState.OPEN
    assert session.scalar(select(func.count(ApproverKeys.id))) == 4


def test_a_code_that_two_open_requests_have_decides_neither(
    session: Session,
    people: Cast,
    request_: ModerationRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = a_request(session, people)
    monkeypatch.setattr(Keys, "code", lambda *_: "123456")

    answer = send(session, "OK 123456")

    assert answer.said is Said.WRONG_CODE
    assert (other.state, request_.state) == (RequestState.OPEN, RequestState.OPEN)
    decide(session, other, Verdict.APPROVED, actor=Actor(people.linus, Door.PORTAL))
    assert send(session, "OK 123456").said is Said.APPROVED
    assert request_.state is RequestState.DECIDED
