"""A stopped sendout: who resumes it, where it continues, and when it has ended."""

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import Actor, Dispatch, DispatchState, Door, IllegalTransition, MessageState, Trespass
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_dispatch, members
from tests.workflows.sendout.sending import deliveries, step
from workflows.access import Archived
from workflows.lists.archive import archive
from workflows.sendout import claim
from workflows.sendout.doubts import report_doubts
from workflows.sendout.resume import can_be_resumed, end, resume
from workflows.sendout.schedule import recall, stop


@pytest.fixture
def sending(
    session: Session, people: Cast, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> Dispatch:
    """A sendout to four members, half-way."""
    members(session, people.announce, 2)
    monkeypatch.setattr(claim, "BATCH_SIZE", 2)
    sending = a_dispatch(session, people)
    assert step(session, sending, mailbox) == 2
    return sending


def by(people: Cast, name: str) -> Actor:
    return Actor(getattr(people, name), Door.PORTAL)


def test_it_continues_where_it_stood(
    session: Session, people: Cast, mailbox: Mailbox, sending: Dispatch
) -> None:
    recall(session, sending.message, actor=by(people, "ada"))
    assert step(session, sending, mailbox) == 0

    resume(session, sending.message, actor=by(people, "ada"))
    assert (sending.state, sending.message.state) == (DispatchState.SENDING, MessageState.SENDING)
    while step(session, sending, mailbox):
        pass

    assert (sending.state, sending.message.state) == (DispatchState.SENT, MessageState.SENT)
    copies = Counter(address for mail in mailbox.mails for address in mail.recipients)
    assert copies == dict.fromkeys(deliveries(session, sending), 1)
    assert len(copies) == 4


@pytest.mark.parametrize(
    ("stopped_by", "may_resume"),
    [("ada", {"ada", "barbara"}), ("barbara", {"barbara"})],
)
def test_right_601_resumes_it_and_an_author_what_they_stopped(
    session: Session, people: Cast, sending: Dispatch, stopped_by: str, may_resume: set[str]
) -> None:
    recall(session, sending.message, actor=by(people, stopped_by))

    for name in ("edsger", "grace", "ada", "barbara"):
        savepoint = session.begin_nested()
        if name in may_resume:
            resume(session, sending.message, actor=by(people, name))
        else:
            with pytest.raises(Trespass):
                resume(session, sending.message, actor=by(people, name))
        savepoint.rollback()


@pytest.mark.parametrize("verb", [resume, end])
def test_an_ended_sendout_is_neither_resumed_nor_ended_again(
    session: Session, people: Cast, sending: Dispatch, verb: Callable[..., None]
) -> None:
    with pytest.raises(IllegalTransition, match="sending: its sendout can be neither"):
        verb(session, sending.message, actor=by(people, "barbara"))
    recall(session, sending.message, actor=by(people, "ada"))
    assert can_be_resumed(session, sending.message)

    end(session, sending.message, actor=by(people, "ada"))

    assert not can_be_resumed(session, sending.message)
    with pytest.raises(IllegalTransition, match="stopped: its sendout can be neither"):
        verb(session, sending.message, actor=by(people, "barbara"))


def test_strangers_do_not_end_it(session: Session, people: Cast, sending: Dispatch) -> None:
    recall(session, sending.message, actor=by(people, "ada"))

    for name in ("edsger", "grace"):
        with pytest.raises(Trespass):
            end(session, sending.message, actor=by(people, name))


def test_what_the_system_stopped_is_not_resumed(
    session: Session, people: Cast, sending: Dispatch
) -> None:
    stop(session, sending, actor=Actor.system())

    with pytest.raises(IllegalTransition):
        resume(session, sending.message, actor=by(people, "barbara"))


def test_changed_content_and_archived_lists_are_not_resumed(
    session: Session, people: Cast, sending: Dispatch
) -> None:
    recall(session, sending.message, actor=by(people, "ada"))
    sending.message.raw += b"PS: and more"
    session.flush()
    with pytest.raises(IllegalTransition, match="not what was approved"):
        resume(session, sending.message, actor=by(people, "barbara"))

    archive(session, people.announce, actor=Actor.operator())
    with pytest.raises(Archived):
        resume(session, sending.message, actor=by(people, "barbara"))


def test_doubts_are_reported_when_it_is_ended_not_while_it_is_stopped(
    session: Session, people: Cast, sending: Dispatch
) -> None:
    recall(session, sending.message, actor=by(people, "ada"))
    report_doubts(session)
    assert sending.doubts_reported_at is None

    end(session, sending.message, actor=by(people, "ada"))
    report_doubts(session)

    assert sending.doubts_reported_at is not None
