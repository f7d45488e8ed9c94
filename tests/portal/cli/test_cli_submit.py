"""`listgate message submit` and `hand-in`: from a file to the approvers, or to the schedule."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Dispatch,
    IllegalTransition,
    Invalid,
    Message,
    MessageState,
    ModerationRequest,
    Trespass,
    Unknown,
)
from models.clock import now
from portal.cli import messages
from settings import settings
from tests.builders import Cast, a_draft, an_eml, listgate
from workflows.moderation.decide import NoApprovers

ADA, BARBARA, EDSGER = "ada@example.org", "barbara@example.org", "edsger@example.org"


def submit(author: str, *options: str, raw: bytes = b"", short_name: str = "announce") -> str:
    """Submit a message from stdin; return the output."""
    arguments = ("message", "submit", "-", "--list", short_name, "--as", author)
    return listgate(*arguments, *options, stdin=raw or an_eml()).stdout


def the_message(session: Session) -> Message:
    """The only message."""
    return session.scalars(select(Message)).one()


def refusals(session: Session) -> list[tuple[str, str, str]]:
    """Return the audited refusals: who, what, through which door."""
    entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "refused"))
    return [(entry.actor, entry.door.value, entry.detail["sentence"]) for entry in entries]


def nothing_is_there(session: Session) -> bool:
    """Whether there is no message, not even a draft."""
    return session.scalar(select(func.count(Message.id))) == 0


def test_the_same_mail_submitted_again_is_noticed(session: Session, people: Cast) -> None:
    assert people
    mail = an_eml(Message_ID="<one@example.org>")
    submit(ADA, "--draft", raw=mail)
    first = the_message(session)

    said = submit(ADA, "--draft", raw=mail).splitlines()

    assert (
        said[0] == f"Message {first.id} is the same mail; mail programs may hide the second copy."
    )


def test_a_message_of_an_author_who_may_not_send_waits_for_an_answer(
    session: Session, people: Cast
) -> None:
    said = submit(ADA)

    message, request = the_message(session), session.scalars(select(ModerationRequest)).one()
    assert said == f"Message {message.id} waits for an answer to request {request.id}.\n"
    assert (message.state, message.author) == (MessageState.IN_MODERATION, people.ada)


def test_a_message_of_an_author_who_may_send_is_scheduled(session: Session, people: Cast) -> None:
    said = submit(BARBARA)

    message, waiting = the_message(session), session.scalars(select(Dispatch)).one()
    assert said.startswith(f"Message {message.id} is scheduled for ")
    assert (message.state, waiting.released_by_id) == (MessageState.SCHEDULED, people.barbara.id)
    assert session.scalar(select(func.count(ModerationRequest.id))) == 0


@pytest.mark.usefixtures("people")
def test_a_file_is_kept_byte_for_byte(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "odd.eml"
    file.write_bytes(b"From: ada@example.org\nSubject:  two  blanks\r\n\r\nBest\nwishes\r\n\n")

    listgate("message", "submit", str(file), "--list", "announce", "--as", ADA)

    assert the_message(session).raw == file.read_bytes()


@pytest.mark.usefixtures("people")
def test_a_mail_from_stdin_is_stored_byte_for_byte(session: Session) -> None:
    raw = an_eml() + "Grüße\r\n\n".encode()

    submit(ADA, raw=raw)

    assert the_message(session).raw == raw


@pytest.mark.usefixtures("people")
def test_a_draft_requests_no_approval(session: Session) -> None:
    said = submit(ADA, "--draft")

    assert said == f"Message {the_message(session).id} is a draft.\n"
    assert session.scalar(select(func.count(ModerationRequest.id))) == 0


def test_a_draft_can_be_handed_in_once(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)
    handing_in = ("message", "hand-in", str(draft.id), "--as", ADA)

    said = listgate(*handing_in).stdout

    assert f"Message {draft.id} waits for an answer" in said
    with pytest.raises(IllegalTransition, match=f"Message {draft.id} is in_moderation"):
        listgate(*handing_in)


@pytest.mark.parametrize("name", ["edsger", "barbara"])
def test_only_the_author_hands_a_draft_in(session: Session, people: Cast, name: str) -> None:
    draft = a_draft(session, people)

    with pytest.raises(Trespass, match="did not write"):
        listgate("message", "hand-in", str(draft.id), "--as", f"{name}@example.org")

    session.refresh(draft)
    assert draft.state is MessageState.DRAFT
    assert [door for _, door, _ in refusals(session)] == ["command_line"]


@pytest.mark.usefixtures("people")
def test_a_message_without_an_approver_is_not_stored(session: Session) -> None:
    listgate("list", "create", "staff", "staff@example.org", "Staff")

    with pytest.raises(NoApprovers):
        submit(ADA, short_name="staff")

    assert nothing_is_there(session)


@pytest.mark.usefixtures("people")
def test_a_mistyped_list_or_author_is_said_to_be_unknown(session: Session) -> None:
    with pytest.raises(Unknown, match="no mailing list 'anounce'"):
        submit(ADA, short_name="anounce")
    with pytest.raises(Unknown, match="no user with this address"):
        submit("adda@example.org")

    assert nothing_is_there(session)


@pytest.mark.usefixtures("people")
def test_a_disabled_author_is_refused_and_on_record(session: Session) -> None:
    listgate("user", "disable", ADA)

    with pytest.raises(Trespass, match="Ada Lovelace is disabled"):
        submit(ADA)

    assert nothing_is_there(session)
    assert refusals(session) == [("Ada Lovelace", "command_line", "Ada Lovelace is disabled.")]


@pytest.mark.parametrize("name", ["nowhere.eml", "."])
@pytest.mark.usefixtures("people")
def test_a_file_that_cannot_be_read_is_named(session: Session, tmp_path: Path, name: str) -> None:
    file = tmp_path / name

    done = listgate("message", "submit", str(file), "--list", "announce", "--as", ADA)

    assert done.exit_code == 2
    assert "directory" in done.stderr
    assert nothing_is_there(session)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"\n", "The message is empty."),
        (b"PK\x03\x04\0\0", "some other file, not a mail"),
        (b"Dear members,\n\nplease come.\n", "Line 1 is not a header field"),
        (b"Subject: Hello\n\nplease come.\n", "does not say who wrote it"),
        (b"From: ada@example.org\n\n" + b"x" * 999, "Line 3 is 999 bytes long"),
    ],
)
@pytest.mark.usefixtures("people")
def test_an_unreadable_mail_is_refused_with_the_reason(
    session: Session, raw: bytes, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        submit(ADA, raw=raw)

    assert nothing_is_there(session)


@pytest.mark.usefixtures("people")
def test_an_empty_file_is_refused(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "empty.eml"
    file.touch()

    with pytest.raises(Invalid, match="empty"):
        listgate("message", "submit", str(file), "--list", "announce", "--as", ADA)

    assert nothing_is_there(session)


@pytest.mark.usefixtures("people")
def test_a_message_may_be_as_large_as_the_setting_says_and_no_larger(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = an_eml()
    limit = settings.model_copy(update={"message_max_bytes": len(raw)})
    monkeypatch.setattr(messages, "settings", limit)

    with pytest.raises(Invalid, match="at most"):
        submit(ADA, raw=raw + b"!")
    submit(ADA, raw=raw)

    assert the_message(session).size == len(raw)


@pytest.mark.usefixtures("people")
def test_a_message_is_scheduled_for_the_instant_that_was_typed(session: Session) -> None:
    moment = (now() + timedelta(days=400)).replace(microsecond=0)

    submit(BARBARA, "--send-at", moment.isoformat())

    assert session.scalars(select(Dispatch)).one().due_at == moment


@pytest.mark.parametrize(
    ("time", "sentence"),
    [
        ("2099-01-31T09:00", "needs a time zone"),
        ("2099-01-31", "needs a time zone"),
        ("2007-01-31T09:00+01:00", "is in the past"),
    ],
)
@pytest.mark.usefixtures("people")
def test_an_implausible_time_is_refused(session: Session, time: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        submit(BARBARA, "--send-at", time)

    assert nothing_is_there(session)


@pytest.mark.usefixtures("people")
def test_personal_fields_are_an_option(session: Session) -> None:
    raw = b"DKIM-Signature: v=1\nFrom: ada@example.org\nSubject: To {{ name }}\n\nHello\n"

    said = submit(ADA, "--personal-fields", raw=raw)

    assert said.startswith("Copies are sent without the DKIM signature")
    assert the_message(session).personal_fields
    with pytest.raises(Invalid, match="no personal field"):
        submit(ADA, "--personal-fields", raw=raw.replace(b"name", b"nam"))
