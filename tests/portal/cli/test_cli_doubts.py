"""`listgate sendout`: list, resend and settle copies in doubt; resume and end a sendout."""

import pytest
from sqlalchemy.orm import Session
from typer.testing import Result

from models import AuditEntry, DispatchState, IllegalTransition, Invalid, Message, Trespass
from tests.builders import Cast, a_dispatch, an_eml, listgate
from tests.sendout_letters import end_in_doubt
from workflows.sendout.claim import begin_sending


@pytest.fixture
def message(session: Session, people: Cast) -> str:
    """The number of a message of which one copy has failed and one is uncertain."""
    ended = a_dispatch(session, people)
    end_in_doubt(session, ended)
    session.commit()
    assert ended.state is DispatchState.SENT
    return str(ended.message_id)


def rows(result: Result) -> list[list[str]]:
    """Return the words of each row below the heading."""
    return [line.split() for line in result.stdout.splitlines()[1:]]


def test_they_are_listed_with_reasons(message: str) -> None:
    (failed,) = rows(listgate("sendout", "failed", message))
    (uncertain,) = rows(listgate("sendout", "uncertain", message))

    assert {failed[0], uncertain[0]} == {"edsger@example.org", "barbara@example.org"}
    assert " ".join(failed[4:]) == "550 5.1.1 No such user"
    assert " ".join(uncertain[4:]) == "the worker died while it was being sent"


def test_they_are_sent_again_and_settled(session: Session, message: str) -> None:
    (failed,) = rows(listgate("sendout", "failed", message))

    sent = listgate(
        "sendout", "failed", message, failed[0], "--resend", "--as", "barbara@example.org"
    )
    settled = listgate("sendout", "uncertain", message, "--done")

    assert (sent.stdout, settled.stdout) == ("1 copy will be sent again.\n", "1 copy settled.\n")
    assert listgate("sendout", "failed", message).stdout == "No copy is failed.\n"
    assert listgate("sendout", "uncertain", message).stdout == "No copy is uncertain.\n"
    newest = session.query(AuditEntry).order_by(AuditEntry.id.desc()).limit(2).all()
    assert [(one.act, one.door) for one in newest] == [
        ("settled", "command_line"),
        ("resent", "command_line"),
    ]


def test_they_need_right_601_and_a_copy_for_each_address(message: str) -> None:
    with pytest.raises(Trespass):
        listgate("sendout", "failed", message, "--resend", "--as", "ada@example.org")
    with pytest.raises(Invalid, match="no such copy"):
        listgate("sendout", "failed", message, "x@example.org", "--done")
    assert listgate("sendout", "failed", message, "--done", "--resend").exit_code == 2


def test_a_stopped_sendout_is_resumed_and_ended(session: Session, people: Cast) -> None:
    sending = a_dispatch(session, people)
    begin_sending(session, sending)
    session.commit()
    message = str(sending.message_id)
    listgate("recall", message, "--as", "ada@example.org")

    resumed = listgate("sendout", "resume", message, "--as", "ada@example.org")
    listgate("recall", message, "--as", "ada@example.org")
    ended = listgate("sendout", "end", message)

    assert resumed.stdout == f"The sendout of message {message} continues where it was stopped.\n"
    assert ended.stdout == f"The sendout of message {message} has ended.\n"
    with pytest.raises(IllegalTransition):
        listgate("sendout", "resume", message)


def test_a_corrected_message_is_copied_to_the_rest(session: Session, message: str) -> None:
    copy, as_ada = ("message", "copy", message), ("--as", "ada@example.org")

    to_rest = listgate(*copy, "-", "--to-rest", *as_ada, stdin=an_eml("Correction"))
    with_uncertain = listgate(*copy, "--to-rest", "--with-uncertain", *as_ada)
    to_all = listgate(*copy, *as_ada)

    to_rest_id, with_uncertain_id, to_all_id = (int(message) + each for each in (1, 2, 3))
    assert to_rest.stdout == f"Message {to_rest_id} is a draft to 1 member.\n"
    assert with_uncertain.stdout == f"Message {with_uncertain_id} is a draft to 2 members.\n"
    assert to_all.stdout == f"Message {to_all_id} is a draft.\n"
    assert session.get_one(Message, to_rest_id).subject == "Correction"
    assert listgate(*copy, "--with-uncertain", *as_ada).exit_code == 2
