"""`listgate message show`, `rewrite`, `reschedule`, `proof` and `discard`."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import AuditEntry, LetterName, MessageState, Notification, SendoutRules, Span, Trespass
from models.clock import now
from tests.builders import Cast, a_dispatch, a_draft, a_list, a_request, an_eml, listgate
from workflows.messages.drafts import NotADraft

ADA, BARBARA, EDSGER, GRACE = (
    f"{name}@example.org" for name in ["ada", "barbara", "edsger", "grace"]
)


def message(command: str, number: int, *options: str, author: str = ADA, raw: bytes = b"") -> str:
    """Run a command about a message; return its output."""
    words = ("message", command, str(number), *options, "--as", author)
    return listgate(*words, stdin=raw).stdout


def test_a_rewritten_draft_has_the_new_file_and_keeps_what_was_not_given(
    session: Session, people: Cast
) -> None:
    draft, board = a_draft(session, people), a_list(session, "board")
    draft.personal_fields = True
    session.flush()

    said = message("rewrite", draft.id, "-", "--list", "board", raw=an_eml("Annual meeting"))

    session.expire_all()
    assert said == f"Message {draft.id} is a draft.\n"
    assert (draft.subject, draft.mailing_list) == ("Annual meeting", board)
    assert draft.personal_fields


def test_a_message_is_rescheduled_and_keeps_what_was_not_given(
    session: Session, people: Cast
) -> None:
    dispatch = a_dispatch(session, people)
    number, time = dispatch.message_id, (now() + timedelta(days=2)).replace(microsecond=0)

    message("reschedule", number, "--send-at", time.isoformat(), author=BARBARA)
    message("reschedule", number, "--evenly", "3h", author=BARBARA)

    session.expire_all()
    assert (dispatch.due_at, dispatch.message.send_at) == (time, time)
    assert dispatch.message.sendout_rules == SendoutRules(span=Span(180))

    message("reschedule", number, "--send-at", "none", "--evenly", "none", author=BARBARA)

    session.expire_all()
    assert dispatch.due_at <= now()
    assert dispatch.message.sendout_rules == SendoutRules()


def test_a_proof_goes_to_the_author_alone(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)

    said = message("proof", draft.id)

    proof = session.scalars(select(Notification)).one()
    assert said == f"A proof of message {draft.id} will be mailed to Ada Lovelace.\n"
    assert (proof.letter, proof.user) == (LetterName.PROOF, people.ada)


def test_a_draft_is_discarded_after_a_question(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)

    refused = listgate("message", "discard", str(draft.id), "--as", ADA, stdin=b"n\n")
    session.expire_all()
    kept = draft.state

    said = message("discard", draft.id, "--yes")
    session.expire_all()

    assert (refused.exit_code, kept) == (1, MessageState.DRAFT)
    assert said == f"The draft {draft.id} has been deleted.\n"
    assert (draft.state, draft.raw) == (MessageState.DISCARDED, b"")
    with pytest.raises(NotADraft, match=f"Message {draft.id} was deleted"):
        listgate("message", "show", str(draft.id))


@pytest.mark.parametrize(
    "command", ["rewrite NUMBER -", "proof NUMBER", "discard NUMBER --yes", "show NUMBER"]
)
def test_another_persons_draft_is_refused(session: Session, people: Cast, command: str) -> None:
    draft = a_draft(session, people)
    words = command.replace("NUMBER", str(draft.id)).split()

    with pytest.raises(Trespass):
        listgate("message", *words, "--as", BARBARA, stdin=an_eml())

    session.expire_all()
    assert (draft.state, draft.subject) == (MessageState.DRAFT, "General assembly")


def test_author_operator_and_readers_of_the_outbox_are_shown_a_message(
    session: Session, people: Cast
) -> None:
    draft = a_draft(session, people)
    waiting = a_request(session, people).message_id

    shown = [
        listgate("message", "show", str(draft.id)).stdout,
        message("show", draft.id),
        message("show", waiting, author=BARBARA),
    ]

    assert ["Subject: General assembly" in one for one in shown] == [True] * 3
    with pytest.raises(Trespass, match="Edsger Dijkstra may not read"):
        message("show", waiting, author=EDSGER)


def test_an_approver_who_is_shown_a_message_has_opened_it(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    opened = select(func.count(AuditEntry.id)).where(AuditEntry.act == "viewed")

    message("show", request.message_id)
    by_author = session.scalar(opened)
    message("show", request.message_id, author=GRACE)

    assert (by_author, session.scalar(opened)) == (0, 1)


def test_open_requests_are_shown_to_who_may_answer(session: Session, people: Cast) -> None:
    request = a_request(session, people)

    rows = listgate("requests", "--as", GRACE).stdout.splitlines()

    assert rows[1].split()[0] == str(request.id)
    assert datetime.fromisoformat(rows[1].split()[1])
    assert rows[1].endswith("announce  Ada Lovelace  General assembly")
    assert listgate("requests", "--as", ADA).stdout == "No request waits for an answer.\n"


def test_the_trail_is_searched_by_person_list_message_act_and_door(
    session: Session, people: Cast
) -> None:
    request = a_request(session, people)
    listgate("list", "set", "announce", "--description", "News")

    def found(*options: str) -> list[str]:
        return [row.split("  ", 2)[-1] for row in listgate("trail", *options).stdout.splitlines()]

    assert "Ada Lovelace" in " ".join(found("--person", ADA, "--act", "wrote"))
    assert len(found("--message", str(request.message_id))) == 3
    assert len(found("--list", "announce", "--door", "command_line", "--limit", "1")) == 2
    assert found("--person", "Zoe") == ["Nothing was found."]
