"""`listgate decide`, `withdraw` and `timeline`."""

import re
from datetime import UTC

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Decision,
    Dispatch,
    Door,
    Invalid,
    LetterName,
    MessageState,
    Notification,
    RequestState,
    Trespass,
    Unknown,
    Verdict,
)
from tests.builders import Cast, a_dispatch, a_request, listgate
from workflows.moderation.approvers import NotAnApprover
from workflows.moderation.decide import AlreadyDecided, CommentMissing, NoLongerOpen
from workflows.redis_client import redis_client
from workflows.sendout.claim import claim_batch
from workflows.sendout.domains import KEY as DOMAINS
from workflows.sendout.domains import Domains

ADA, GRACE, LINUS = "ada@example.org", "grace@example.org", "linus@example.org"


def decide(request_id: int, answer: str, approver: str, *options: str) -> str:
    """Decide a request; return the output."""
    return listgate("decide", str(request_id), answer, "--as", approver, *options).stdout


def refused(session: Session) -> AuditEntry:
    """The one attempt that is on record."""
    return session.scalars(select(AuditEntry).where(AuditEntry.act == "refused")).one()


def timeline_of(message_id: int) -> str:
    """Return the timeline in one line, without the times."""
    said = " ".join(listgate("timeline", str(message_id)).stdout.split())
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ ", "", said)


def test_an_approved_message_is_scheduled(session: Session, people: Cast) -> None:
    request = a_request(session, people)

    said = decide(request.id, "approve", GRACE)

    session.expire_all()
    assert said.startswith(f"Message {request.message_id} is scheduled for ")
    assert session.scalars(select(Dispatch)).one().request_id == request.id


def test_a_rejection_is_printed_with_its_reason_and_mailed_to_the_author(
    session: Session, people: Cast
) -> None:
    request = a_request(session, people)

    said = decide(request.id, "reject", GRACE, "--comment", "too long")

    notice = session.scalars(
        select(Notification).where(Notification.letter == LetterName.REJECTED)
    ).one()
    assert said == f"Message {request.message_id} was rejected by Grace Hopper: too long.\n"
    assert notice.user == people.ada
    decision = session.scalars(select(Decision)).one()
    assert (decision.approver, decision.verdict) == (people.grace, Verdict.REJECTED)
    assert (decision.via, decision.comment) == (Door.COMMAND_LINE, "too long")


def test_a_message_is_sent_back_with_a_comment(session: Session, people: Cast) -> None:
    request = a_request(session, people)

    with pytest.raises(CommentMissing):
        decide(request.id, "send-back", GRACE)
    said = decide(request.id, "send-back", GRACE, "--comment", "too long")

    again = f"Message {request.message_id} is a draft again"
    assert said == f"{again}, sent back by Grace Hopper: too long.\n"
    assert "Grace Hopper sent the message back for changes: too long" in timeline_of(
        request.message_id
    )


def test_the_second_approver_and_the_author_learn_who_was_first(
    session: Session, people: Cast
) -> None:
    request = a_request(session, people)
    decide(request.id, "approve", GRACE)

    with pytest.raises(AlreadyDecided, match="Grace Hopper has already approved this message"):
        decide(request.id, "reject", LINUS)
    with pytest.raises(AlreadyDecided, match="Grace Hopper has already approved"):
        listgate("withdraw", str(request.id), "--as", ADA)

    session.expire_all()
    assert request.message.state is MessageState.SCHEDULED


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("edsger", "Edsger Dijkstra is not among the approvers of request {number}."),
        ("barbara", "Barbara Liskov is not among the approvers of request {number}."),
        ("ada", "Ada Lovelace wrote this message, and the list announce requires four eyes."),
    ],
)
def test_a_user_who_is_not_an_approver_is_refused_and_audited(
    session: Session, people: Cast, name: str, sentence: str
) -> None:
    request = a_request(session, people)
    sentence = sentence.format(number=request.id)

    with pytest.raises(NotAnApprover, match=sentence):
        decide(request.id, "approve", f"{name}@example.org")

    session.expire_all()
    entry = refused(session)
    assert (entry.message_id, entry.door) == (request.message_id, Door.COMMAND_LINE)
    assert entry.detail["sentence"] == sentence
    assert request.state is RequestState.OPEN


def test_a_disabled_approver_is_refused_and_on_record(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    listgate("user", "disable", GRACE)

    with pytest.raises(Trespass, match="Grace Hopper is disabled"):
        decide(request.id, "approve", GRACE)

    session.expire_all()
    assert refused(session).actor_id == people.grace.id
    assert request.state is RequestState.OPEN


def test_an_unknown_request_or_approver_is_said_to_be_unknown(
    session: Session, people: Cast
) -> None:
    request = a_request(session, people)

    with pytest.raises(Unknown, match=r"There is no request 999999\."):
        decide(999_999, "approve", GRACE)
    with pytest.raises(Unknown, match="There is no user with this address"):
        decide(request.id, "approve", "nobody@example.org")


@pytest.mark.parametrize("word", ["yes", "APPROVED", "rejected", ""])
def test_any_other_word_is_no_answer(word: str) -> None:
    done = listgate("decide", "1", word, "--as", GRACE)

    assert done.exit_code == 2
    assert "'approve'" in done.stderr
    assert "'reject'" in done.stderr


def test_a_comment_may_be_a_letter_but_not_a_book(session: Session, people: Cast) -> None:
    request = a_request(session, people)

    with pytest.raises(Invalid, match="at most 10000 characters"):
        decide(request.id, "reject", GRACE, "--comment", "x" * 10_001)
    decide(request.id, "reject", GRACE, "--comment", "x" * 10_000)

    session.expire_all()
    assert request.state is RequestState.DECIDED


def test_a_withdrawn_message_is_a_draft_and_cannot_be_answered(
    session: Session, people: Cast
) -> None:
    request = a_request(session, people)

    said = listgate("withdraw", str(request.id), "--as", ADA).stdout

    session.expire_all()
    assert said == f"Message {request.message_id} is a draft.\n"
    assert request.state is RequestState.WITHDRAWN
    with pytest.raises(NoLongerOpen, match=f"Request {request.id} was withdrawn"):
        decide(request.id, "approve", GRACE)


def test_only_the_author_withdraws_and_another_is_on_record(session: Session, people: Cast) -> None:
    request = a_request(session, people)

    with pytest.raises(Trespass, match="Grace Hopper did not write"):
        listgate("withdraw", str(request.id), "--as", GRACE)

    session.expire_all()
    assert refused(session).actor == "Grace Hopper"
    assert request.state is RequestState.OPEN


def test_the_timeline_shows_who_did_what_through_which_door_in_order(
    session: Session, people: Cast
) -> None:
    request = a_request(session, people)
    session.flush()
    decide(request.id, "approve", GRACE)

    said = timeline_of(request.message_id)

    assert said.startswith("General assembly is scheduled for when door what portal Ada")
    assert said.endswith(
        "portal Ada Lovelace wrote the message "
        f"portal Ada Lovelace asked for approval (request {request.id}) "
        "command line Grace Hopper approved"
    )


def test_the_timeline_shows_refused_attempts(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    with pytest.raises(NotAnApprover):
        decide(request.id, "approve", "edsger@example.org")

    assert "Edsger Dijkstra was refused" in timeline_of(request.message_id)


def test_the_timeline_shows_the_progress_of_a_sendout(session: Session, people: Cast) -> None:
    waiting = a_dispatch(session, people)
    claim_batch(session, waiting, UTC)
    session.flush()
    redis_client.delete(DOMAINS)
    Domains().slow({"slow.example": "450 4.7.1"})

    said = timeline_of(waiting.message_id)

    assert "is sending (2 sending)" in said
    assert "system began to send to 2 recipients" in said
    slowed = "slow.example gets at most 300 copies a minute, because the mail server answered 450"
    assert slowed in said

    waiting.message.move(MessageState.STOPPED)
    session.flush()

    assert slowed not in timeline_of(waiting.message_id)
    redis_client.delete(DOMAINS)
