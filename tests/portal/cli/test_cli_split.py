"""`listgate message split` and `listgate sendout winner`."""

import pytest
from sqlalchemy.orm import Session
from typer.testing import Result

from models import Message, MessageState
from tests.builders import Cast, a_draft, listgate
from tests.workflows.sendout.splitting import a_split, approved
from workflows.sendout.claim import begin_sending, load_message

ADA = ("--as", "ada@example.org")


def split(message: Message, *arguments: str) -> Result:
    return listgate("message", "split", str(message.id), *arguments, *ADA)


def test_an_author_splits_a_draft_and_undoes_it(session: Session, people: Cast) -> None:
    main, other = a_draft(session, people, "One"), a_draft(session, people, "Two")
    shares = (f"{main.id}=25", f"{other.id}=30")

    done = split(main, *shares, "--rest-at", "2099-01-31T09:00+00:00", "--winner", str(other.id))
    lines = done.stdout.splitlines()
    assert lines[:2] == ["A to 25% of the list: One", "B to 30% of the list: Two"]
    assert lines[2].startswith("Everyone else gets B: 2099-01-31 09:00")
    session.expire_all()
    assert other.state is MessageState.VARIANT
    assert "is a variant of message" in listgate("outbox").stdout

    copies = (f"{main.id}=1200", f"{other.id}=3", "--copies")
    lines = split(main, *copies, "--rest-at", "2099-01-31T09:00+00:00").stdout.splitlines()
    assert lines[:2] == ["A to 1,200 members: One", "B to 3 members: Two"]
    assert lines[2].startswith("Everyone else gets the variant that a person chooses: 2099-01-31")

    assert split(main, "--undo").stdout == f"Message {main.id} goes out alone.\n"
    session.expire_all()
    assert (main.is_split, other.state) == (False, MessageState.DRAFT)


@pytest.mark.parametrize("arguments", [(), ("12",), ("12=x",), ("x=5",)])
def test_shares_are_numbers(session: Session, people: Cast, arguments: tuple[str, ...]) -> None:
    draft = a_draft(session, people)

    assert split(draft, *arguments).exit_code == 2


def test_a_winner_is_chosen(session: Session, people: Cast) -> None:
    dispatch = approved(session, people, a_split(session, people, 10, 10))
    load_message(session, dispatch)
    begin_sending(session, dispatch)
    session.flush()
    winner = dispatch.message.versions[1].id

    done = listgate("sendout", "winner", str(dispatch.message_id), str(winner), *ADA)

    assert done.stdout == "The rest gets variant B.\n"
    session.expire_all()
    assert dispatch.winner_id == winner
