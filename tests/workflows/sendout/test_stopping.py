"""The author gets a letter when a sendout was stopped."""

from datetime import UTC

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Dispatch, DispatchState, Door, LetterName, Notification
from tests.builders import Cast, a_dispatch
from workflows.sendout.claim import begin_sending, claim_batch
from workflows.sendout.schedule import stop


def letters_about(session: Session, stopped: Dispatch) -> list[Notification]:
    session.flush()
    theirs = select(Notification).where(Notification.message_id == stopped.message_id)
    found = theirs.where(Notification.letter == LetterName.STOPPED)
    return list(session.scalars(found))


@pytest.mark.parametrize(
    ("name", "names"),
    [("ada", []), ("barbara", ["Barbara Liskov"]), (None, [None])],
)
def test_an_author_learns_who_else_stopped_the_sendout(
    session: Session, people: Cast, name: str | None, names: list[str | None]
) -> None:
    sending = a_dispatch(session, people)
    begin_sending(session, sending)

    by = getattr(people, name) if name else None
    stop(session, sending, actor=Actor(by, Door.PORTAL))

    letters = letters_about(session, sending)
    assert [letter.detail["stopped_by"] for letter in letters] == names
    assert {letter.user for letter in letters} <= {people.ada}


def test_an_author_learns_that_the_content_changed_during_the_sendout(
    session: Session, people: Cast
) -> None:
    sending = a_dispatch(session, people)
    claim_batch(session, sending, UTC)
    sending.message.raw += b"PS: and more"
    session.flush()

    assert not claim_batch(session, sending, UTC)

    (letter,) = letters_about(session, sending)
    assert sending.state is DispatchState.STOPPED
    assert (letter.user, letter.detail) == (people.ada, {"stopped_by": None})
