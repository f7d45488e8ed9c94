"""Mail that comes in."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models import (
    Actor,
    Door,
    IllegalTransition,
    InboundMail,
    InboundMailState,
    LetterName,
    MessageState,
    ModerationRequest,
    RequestState,
    Unknown,
    Verdict,
)
from tests.builders import Cast
from tests.letter_context import KEYS
from tests.workflows.inbound.mails import OURS, a_reply, letters, receive
from workflows.inbound import mail, stored_mail
from workflows.lists import lists
from workflows.moderation.decide import decide


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("OK\n", MessageState.SCHEDULED),
        ("Approuver : parfait\n\n> OK\n", MessageState.SCHEDULED),
        ("nein: zu lang\n", MessageState.REJECTED),
        ("Änderungen: kürzer, bitte\n", MessageState.DRAFT),
    ],
)
def test_a_clear_answer_decides(
    session: Session, asked: ModerationRequest, text: str, state: MessageState
) -> None:
    received = receive(session, asked, a_reply(text))

    assert asked.message.state is state
    assert received.state is InboundMailState.HANDLED
    assert asked.decision is not None
    assert asked.decision.via is Door.MAIL


@pytest.mark.parametrize(
    "text",
    ["", "not approved", "ok, if Linus agrees", "> OK", "Changes"],
)
def test_a_mail_that_is_not_understood_is_answered_with_instructions(
    session: Session, asked: ModerationRequest, text: str
) -> None:
    receive(session, asked, a_reply(text))

    assert asked.state is RequestState.OPEN
    assert letters(session) == [LetterName.NOT_UNDERSTOOD]


def test_a_late_answer_is_answered_with_who_was_first(
    session: Session, people: Cast, asked: ModerationRequest
) -> None:
    decide(session, asked, Verdict.APPROVED, actor=Actor(people.linus, Door.PORTAL))

    receive(session, asked, a_reply("NO"))

    assert letters(session)[-1] is LetterName.TOO_LATE
    assert asked.message.state is MessageState.SCHEDULED


@pytest.mark.parametrize("text", ["perhaps", ""])
def test_a_late_mail_that_is_not_understood_is_answered_with_the_decision(
    session: Session, people: Cast, asked: ModerationRequest, text: str
) -> None:
    decide(session, asked, Verdict.APPROVED, actor=Actor(people.linus, Door.PORTAL))

    receive(session, asked, a_reply(text))

    assert letters(session)[-1] is LetterName.TOO_LATE


def test_a_mail_that_a_server_delivers_twice_decides_once_and_is_not_answered(
    session: Session, asked: ModerationRequest
) -> None:
    receive(session, asked, a_reply("OK"))
    before = letters(session)

    again = receive(session, asked, a_reply("OK"))

    assert again.outcome == "repeated"
    assert letters(session) == before


def test_a_mail_from_two_people_does_not_decide(session: Session, asked: ModerationRequest) -> None:
    receive(session, asked, a_reply("OK", by="grace@example.org, mallory@example.org"))

    assert asked.state is RequestState.OPEN


def test_an_unknown_reply_address_does_nothing(session: Session, asked: ModerationRequest) -> None:
    received = receive(session, asked, a_reply("OK"), token="a" * 26)

    assert received.outcome == "ignored: unknown reply address"
    assert asked.state is RequestState.OPEN


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<other.example.org>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_an_automatic_mail_neither_decides_nor_is_answered(
    session: Session, asked: ModerationRequest, headers: dict[str, str]
) -> None:
    received = receive(session, asked, a_reply("OK", **headers))

    assert asked.state is RequestState.OPEN
    assert letters(session) == []
    assert received.state is InboundMailState.HANDLED


def test_a_null_return_path_neither_decides_nor_is_answered(
    session: Session, asked: ModerationRequest
) -> None:
    receive(session, asked, a_reply("OK"), sender="")

    assert asked.state is RequestState.OPEN
    assert letters(session) == []


def test_a_former_approver_gets_the_letter_for_late_answers(
    session: Session, people: Cast, asked: ModerationRequest
) -> None:
    lists.set_approvers(session, people.approvers, [people.linus], actor=Actor.operator())

    receive(session, asked, a_reply("OK"))

    assert asked.state is RequestState.OPEN
    assert letters(session) == [LetterName.TOO_LATE]


def test_no_bytes_crash_it(session: Session, asked: ModerationRequest) -> None:
    for raw in (b"", b"\0" * 100, b"From: \xff\r\n\r\n" + b"\xfe" * 1000):
        received = receive(session, asked, raw)

        assert received.state is InboundMailState.HANDLED, raw
        assert asked.state is RequestState.OPEN, raw


def test_a_mail_that_breaks_is_stored_with_the_reason_and_can_be_retried(
    session: Session, asked: ModerationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_raw: bytes, **_: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(mail, "read_reply", broken)
    received = receive(session, asked, a_reply("OK"))
    assert (received.state, received.outcome) == (InboundMailState.STUCK, "ZeroDivisionError")

    monkeypatch.undo()
    stored_mail.retry(received)
    mail.handle(session, received, own_addresses=OURS, keys=KEYS)
    assert asked.message.state is MessageState.SCHEDULED


def test_a_mail_is_not_stuck_because_the_database_is_away(
    session: Session, asked: ModerationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_raw: bytes, **_: str) -> None:
        raise OperationalError("select", {}, ConnectionError())

    monkeypatch.setattr(mail, "read_reply", away)

    with pytest.raises(OperationalError):
        receive(session, asked, a_reply("OK"))

    (received,) = session.scalars(select(InboundMail))
    assert (received.state, received.outcome) == (InboundMailState.RECEIVED, None)


def test_only_what_is_stuck_is_tried_again(session: Session, asked: ModerationRequest) -> None:
    received = receive(session, asked, a_reply("OK"))

    with pytest.raises(IllegalTransition):
        stored_mail.retry(received)


def test_stuck_mail_is_listed_with_its_bytes_oldest_first(
    session: Session, asked: ModerationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(session, asked, a_reply("perhaps"))

    def broken(_raw: bytes, **_: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(mail, "read_reply", broken)
    stuck = [receive(session, asked, a_reply(text)) for text in ("OK", "NO")]

    assert list(stored_mail.stuck_mail(session)) == stuck
    assert stored_mail.mail_by_id(session, stuck[1].id).raw == a_reply("NO")
    unknown = stuck[1].id + 1
    with pytest.raises(Unknown, match=f"There is no mail {unknown}."):
        stored_mail.mail_by_id(session, unknown)
