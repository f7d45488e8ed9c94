"""`listgate outbox`, `recall`, and times at the edge of the calendar."""

from datetime import timedelta
from time import monotonic

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Actor,
    AuditEntry,
    DispatchState,
    Door,
    IllegalTransition,
    Message,
    MessageState,
    Refusal,
    Trespass,
    Unknown,
    Verdict,
)
from models.clock import now
from tests.builders import (
    Cast,
    a_dispatch,
    a_draft,
    a_list,
    a_request,
    an_eml,
    listgate,
)
from workflows.celery import app
from workflows.moderation.decide import decide
from workflows.outbox import publish

ADA, BARBARA, EDSGER = "ada@example.org", "barbara@example.org", "edsger@example.org"


def shown(*options: str) -> list[str]:
    """The numbers of the messages that the outbox shows, in order."""
    rows = listgate("outbox", *options).stdout.splitlines()[1:]
    return [row.split()[0] for row in rows if row[:1].isdigit()]


def submit_at(time: str, *options: str) -> None:
    """Schedule a message as Barbara, who has the right."""
    arguments = ("message", "submit", "-", "--list", "announce", "--as", BARBARA)
    listgate(*arguments, "--send-at", time, *options, stdin=an_eml())


@pytest.mark.usefixtures("session")
def test_an_empty_outbox_says_how_to_fill_it() -> None:
    assert "listgate message submit" in listgate("outbox").stdout


def test_the_outbox_shows_the_newest_message_first(session: Session, people: Cast) -> None:
    drafts = [str(a_draft(session, people).id) for _ in range(3)]

    assert shown() == drafts[::-1]
    assert shown("--limit", "2") == [drafts[2], drafts[1]]


def test_the_outbox_of_a_list_shows_no_other_list(session: Session, people: Cast) -> None:
    here, elsewhere = a_draft(session, people), a_draft(session, people)
    elsewhere.mailing_list = a_list(session, "staff")
    session.flush()

    assert shown("--list", "announce") == [str(here.id)]
    assert shown("--list", "staff") == [str(elsewhere.id)]


@pytest.mark.usefixtures("people")
def test_the_outbox_of_an_unknown_list_is_refused() -> None:
    with pytest.raises(Unknown, match="no mailing list 'anounce'"):
        listgate("outbox", "--list", "anounce")


def test_the_outbox_of_a_state_shows_no_other_state(session: Session, people: Cast) -> None:
    draft, asked = a_draft(session, people), a_request(session, people).message

    assert shown("--state", "draft") == [str(draft.id)]
    assert shown("--state", "in_moderation") == [str(asked.id)]
    assert shown("--state", "draft", "--list", "announce", "--limit", "1") == [str(draft.id)]


def test_every_state_can_be_asked_for(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)

    found = {state: shown("--state", state.value) for state in MessageState}

    assert found == {state: [str(draft.id)] if state == "draft" else [] for state in MessageState}


@pytest.mark.usefixtures("session")
def test_a_mistyped_state_is_answered_with_those_there_are() -> None:
    done = listgate("outbox", "--state", "send")

    assert done.exit_code == 2
    assert all(state.value in done.stderr for state in MessageState)


@pytest.mark.usefixtures("session")
def test_an_outbox_of_no_messages_cannot_be_asked_for() -> None:
    assert listgate("outbox", "--limit", "0").exit_code == 2


def test_the_status_of_each_message_is_shown(session: Session, people: Cast) -> None:
    a_draft(session, people)
    rejected = a_request(session, people)
    decide(
        session,
        rejected,
        Verdict.REJECTED,
        actor=Actor(people.grace, Door.PORTAL),
        comment="too long",
    )
    a_dispatch(session, people)

    said = " ".join(listgate("outbox").stdout.split())

    assert "is a draft" in said
    assert "was rejected by Grace" in said
    assert f"is scheduled for {now():%Y}" in said


def test_a_recalled_message_is_a_draft_and_its_approval_void(
    session: Session, people: Cast
) -> None:
    waiting = a_dispatch(session, people)

    said = listgate("recall", str(waiting.message_id), "--as", ADA).stdout

    session.expire_all()
    assert said == f"Message {waiting.message_id} is a draft.\n"
    assert (waiting.message.state, waiting.state) == (MessageState.DRAFT, DispatchState.RECALLED)


def test_a_user_with_right_601_recalls_messages_of_others(session: Session, people: Cast) -> None:
    waiting = a_dispatch(session, people)

    listgate("recall", str(waiting.message_id), "--as", BARBARA)

    session.expire_all()
    assert waiting.state is DispatchState.RECALLED


def test_a_refused_recall_is_audited(session: Session, people: Cast) -> None:
    waiting = a_dispatch(session, people)

    with pytest.raises(Trespass, match=r"Edsger Dijkstra lacks the right SEND_MESSAGES \(601\)"):
        listgate("recall", str(waiting.message_id), "--as", EDSGER)

    session.expire_all()
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "refused")).one()
    assert waiting.state is DispatchState.WAITING
    assert (entry.actor, entry.door) == ("Edsger Dijkstra", Door.COMMAND_LINE)
    assert (entry.message_id, entry.list_id) == (waiting.message_id, people.announce.id)


def test_a_draft_cannot_be_recalled(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)

    with pytest.raises(IllegalTransition, match=f"Message {draft.id} is draft: it is neither"):
        listgate("recall", str(draft.id), "--as", ADA)


@pytest.mark.parametrize("command", ["recall", "timeline", "message hand-in"])
@pytest.mark.usefixtures("people")
def test_a_message_that_is_not_there_is_said_to_be_unknown(command: str) -> None:
    acting = [] if command == "timeline" else ["--as", ADA]

    with pytest.raises(Unknown, match=r"There is no message 999999\."):
        listgate(*command.split(), "999999", *acting)


@pytest.mark.usefixtures("people")
def test_a_word_that_is_no_time_is_answered_with_an_example() -> None:
    arguments = ("message", "submit", "-", "--list", "announce", "--as", BARBARA)

    done = listgate(*arguments, "--send-at", "tomorrow")

    assert done.exit_code == 2
    assert "2027-01-31T09:00+01:00" in done.stderr


def test_setting_a_time_needs_the_right_to_schedule(session: Session, people: Cast) -> None:
    moment = (now() + timedelta(days=1)).isoformat()
    arguments = ("message", "submit", "-", "--list", "announce", "--as", EDSGER)

    with pytest.raises(Trespass, match=r"lacks the right SCHEDULE_SENDOUT \(618\)"):
        listgate(*arguments, "--send-at", moment, stdin=an_eml())

    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "refused")).one()
    assert (entry.actor, entry.list_id) == ("Edsger Dijkstra", people.announce.id)
    assert session.scalar(select(func.count(Message.id))) == 0


@pytest.mark.parametrize("time", ["9999-12-31T23:59-12:00", "0001-01-01T00:00+12:00"])
@pytest.mark.usefixtures("people")
def test_a_time_outside_the_calendar_is_refused_with_a_sentence(time: str) -> None:
    with pytest.raises(Refusal):
        submit_at(time, "--draft")

    assert "Nothing here" in listgate("outbox").stdout


def test_an_unavailable_broker_delays_no_command(
    session: Session, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = a_draft(session, people)
    session.flush()
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr("workflows.transaction.publish", publish)
    began = monotonic()

    said = listgate("message", "hand-in", str(draft.id), "--as", ADA).stdout

    assert f"Message {draft.id} waits for an answer" in said
    assert monotonic() - began < 10  # a broker is usually asked again and again, for ever
