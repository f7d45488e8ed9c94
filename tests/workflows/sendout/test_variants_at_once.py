"""A plan that another session changes, and winners that two people choose at the same time."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models import Actor, Dispatch, Door, Message, ModerationRequest, User
from models.database import new_session
from tests.builders import Cast, a_draft, cast
from tests.workflows.sendout.splitting import a_split, approved
from workflows.messages.drafts import NotADraft
from workflows.messages.split import Split, split, unsplit
from workflows.moderation.decide import request_approval
from workflows.sendout.claim import begin_sending, load_message
from workflows.sendout.winner import WinnerChosen, choose_winner
from workflows.transaction import transaction

pytestmark = pytest.mark.usefixtures("published")


@pytest.fixture
def people(own_database: Engine) -> Cast:
    with Session(own_database, expire_on_commit=False) as session, session.begin():
        return cast(session)


@pytest.fixture
def late(people: Cast) -> Iterator[Session]:
    """A transaction that reads before others write, and writes after them."""
    assert people
    with new_session.begin() as session:
        yield session


def ada(message: Message) -> Actor:
    return Actor(message.author, Door.PORTAL)


def test_the_second_of_two_who_choose_a_winner_is_refused(people: Cast, late: Session) -> None:
    with transaction() as session:
        dispatch = approved(session, people, a_split(session, people, 10, 10))
        load_message(session, dispatch)
        begin_sending(session, dispatch)
        numbers = [one.id for one in dispatch.message.versions]
        dispatch_id = dispatch.id
    assert late.get_one(Dispatch, dispatch_id).winner_id is None
    with transaction() as session:
        message = session.get_one(Message, numbers[0])
        choose_winner(session, message, numbers[0], actor=ada(message))

    stale = late.get_one(Message, numbers[0])
    barbara = late.get_one(User, people.barbara.id)
    with pytest.raises(WinnerChosen):
        choose_winner(late, stale, numbers[1], actor=Actor(barbara, Door.PORTAL))

    assert late.get_one(Dispatch, dispatch_id).winner_id == numbers[0]


def test_approvers_are_asked_about_the_plan_that_is_in_force(people: Cast, late: Session) -> None:
    with transaction() as session:
        message_id = a_split(session, people, 10, 10).id
    stale = late.get_one(Message, message_id)
    assert len(stale.versions) == 2
    with transaction() as session:
        message = session.get_one(Message, message_id)
        unsplit(session, message, actor=ada(message))

    request: ModerationRequest = request_approval(late, stale, actor=ada(stale))

    late.flush()
    late.expire_all()
    assert not stale.is_split
    assert request.content_hash == stale.content_hash()


def test_a_message_that_was_handed_in_meanwhile_is_not_split(people: Cast, late: Session) -> None:
    with transaction() as session:
        main, other = (a_draft(session, people).id for _ in range(2))
    stale = late.get_one(Message, main)
    with transaction() as session:
        message = session.get_one(Message, main)
        request_approval(session, message, actor=ada(message))

    with pytest.raises(NotADraft):
        split(late, stale, Split({main: 50, other: 50}), actor=ada(stale))
