"""Give a message another time: when, and who may."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    DispatchState,
    Door,
    IllegalTransition,
    Invalid,
    Message,
    Trespass,
    User,
)
from models.clock import now
from tests.builders import Cast, a_dispatch, a_draft, a_request
from workflows.messages import drafts
from workflows.people import users

PORTAL = Door.PORTAL
LATER = timedelta(days=3)


def postpone(session: Session, message: Message, by: User) -> None:
    drafts.reschedule(session, message, actor=Actor(by, PORTAL), send_at=now() + LATER)


def acts(session: Session, message: Message) -> list[str]:
    session.flush()
    entries = select(AuditEntry.act).where(AuditEntry.message_id == message.id)
    return list(session.scalars(entries.order_by(AuditEntry.id)))


def test_a_draft_is_given_a_time_and_loses_it(session: Session, people: Cast) -> None:
    draft, moment = a_draft(session, people), now() + LATER

    drafts.reschedule(session, draft, actor=Actor(people.ada, PORTAL), send_at=moment)
    assert draft.send_at == moment
    drafts.reschedule(session, draft, actor=Actor(people.ada, PORTAL), send_at=None)

    assert draft.send_at is None
    assert acts(session, draft) == [Act.WROTE, Act.RESCHEDULED, Act.RESCHEDULED]


def test_a_scheduled_message_goes_out_at_the_other_time(session: Session, people: Cast) -> None:
    waiting, moment = a_dispatch(session, people), now() + LATER
    approved = waiting.content_hash

    drafts.reschedule(session, waiting.message, actor=Actor(people.ada, PORTAL), send_at=moment)

    session.flush()
    session.expire_all()
    assert (waiting.due_at, waiting.message.send_at) == (moment, moment)
    assert waiting.publish_after < waiting.due_at
    assert waiting.message.content_hash() == approved


def test_a_scheduled_message_without_a_time_goes_out_now(session: Session, people: Cast) -> None:
    waiting = a_dispatch(session, people)
    postpone(session, waiting.message, people.ada)

    drafts.reschedule(session, waiting.message, actor=Actor(people.ada, PORTAL), send_at=None)

    assert waiting.due_at <= now()
    assert waiting.to_publish


def test_a_time_is_fixed_while_approvers_look_at_it(session: Session, people: Cast) -> None:
    message = a_request(session, people).message

    with pytest.raises(IllegalTransition):
        postpone(session, message, people.ada)

    assert message.send_at is None


def test_a_time_is_fixed_once_it_is_being_sent(session: Session, people: Cast) -> None:
    sending = a_dispatch(session, people)
    sending.move(DispatchState.SENDING)

    with pytest.raises(IllegalTransition, match="is being sent"):
        postpone(session, sending.message, people.ada)


@pytest.mark.parametrize(
    ("role", "may"), [("author", False), ("sender", True), ("administrator", True), ("", False)]
)
def test_others_with_the_right_set_the_time_of_a_scheduled_message(
    session: Session, people: Cast, role: str, *, may: bool
) -> None:
    waiting = a_dispatch(session, people)
    if role:
        users.grant(session, people.edsger, role, actor=Actor.operator())

    if may:
        postpone(session, waiting.message, people.edsger)
    else:
        with pytest.raises(Trespass):
            postpone(session, waiting.message, people.edsger)

    assert (waiting.message.send_at is not None) is may


def test_an_author_without_right_618_sets_no_time(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)
    people.ada.roles = []

    with pytest.raises(Trespass, match=r"SCHEDULE_SENDOUT \(618\)"):
        postpone(session, draft, people.ada)


def test_a_time_in_the_past_is_refused(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)

    with pytest.raises(Invalid, match="in the past"):
        drafts.reschedule(session, draft, actor=Actor(people.ada, PORTAL), send_at=now() - LATER)
