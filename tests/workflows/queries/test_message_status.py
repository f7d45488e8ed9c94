"""The status of a message and its timeline."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, Door, Message, MessageState, Verdict
from models.clock import now
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_dispatch, a_draft, a_request
from tests.workflows.sendout.sending import EDSGER, step
from tests.workflows.sendout.splitting import a_split
from workflows.messages import drafts
from workflows.moderation.decide import decide, request_approval, withdraw
from workflows.queries.message_status import newest_dispatch, status_text, timeline
from workflows.sendout.claim import begin_sending, claim_batch
from workflows.sendout.schedule import recall
from workflows.subscriptions.subscribe import unsubscribe

PORTAL = Door.PORTAL


def test_the_timeline_has_every_act_in_order_with_person_and_door(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    first = a_request(session, people)
    message = first.message
    withdraw(session, first, actor=Actor(people.ada, Door.SERVICE))
    second = request_approval(session, message, actor=Actor(people.ada, PORTAL))
    decide(session, second, Verdict.APPROVED, actor=Actor(people.grace, Door.MAIL))
    recall(session, message, actor=Actor(people.barbara, Door.COMMAND_LINE))
    third = request_approval(session, message, actor=Actor(people.ada, PORTAL))
    decide(session, third, Verdict.APPROVED, actor=Actor(people.linus, Door.LINK))
    for _ in range(2):
        step(session, newest_dispatch(session, message), mailbox)

    entries = [(entry.act, entry.actor, entry.door) for entry in timeline(session, message)]
    assert entries == [
        (Act.WROTE, "Ada Lovelace", PORTAL),
        (Act.ASKED, "Ada Lovelace", PORTAL),
        (Act.WITHDREW, "Ada Lovelace", Door.SERVICE),
        (Act.ASKED, "Ada Lovelace", PORTAL),
        (Act.APPROVED, "Grace Hopper", Door.MAIL),
        (Act.RECALLED, "Barbara Liskov", Door.COMMAND_LINE),
        (Act.ASKED, "Ada Lovelace", PORTAL),
        (Act.APPROVED, "Linus Torvalds", Door.LINK),
        (Act.BEGAN_SENDING, "system", Door.SYSTEM),
        (Act.FINISHED_SENDING, "system", Door.SYSTEM),
    ]


def test_a_timeline_is_about_one_message_only(session: Session, people: Cast) -> None:
    message, other = a_draft(session, people), a_draft(session, people, "Another")
    request_approval(session, other, actor=Actor(people.ada, PORTAL))

    assert [entry.act for entry in timeline(session, message)] == [Act.WROTE]


def test_the_order_is_that_of_the_acts_even_where_a_clock_went_back(
    session: Session, people: Cast
) -> None:
    message = a_request(session, people).message
    past = datetime(2001, 1, 1, tzinfo=UTC)
    late = AuditEntry(act=Act.REFUSED, at=past, actor="Eve", door=PORTAL, message_id=message.id)
    session.add(late)

    assert [entry.act for entry in timeline(session, message)] == [
        Act.WROTE,
        Act.ASKED,
        Act.REFUSED,
    ]


def test_a_draft_is_a_draft(session: Session, people: Cast) -> None:
    assert status_text(session, a_draft(session, people), UTC) == "is a draft"


def test_a_message_in_moderation_shows_its_newest_request(session: Session, people: Cast) -> None:
    first = a_request(session, people)
    withdraw(session, first, actor=Actor(people.ada, PORTAL))
    second = request_approval(session, first.message, actor=Actor(people.ada, PORTAL))

    assert status_text(session, first.message, UTC) == f"waits for an answer to request {second.id}"


@pytest.mark.parametrize(
    ("comment", "sentence"),
    [
        ("", "was rejected by Grace Hopper"),
        ("too long", "was rejected by Grace Hopper: too long"),
    ],
)
def test_a_rejected_message_shows_who_rejected_it_and_why(
    session: Session, people: Cast, comment: str, sentence: str
) -> None:
    request = a_request(session, people)
    decide(session, request, Verdict.REJECTED, actor=Actor(people.grace, PORTAL), comment=comment)

    assert status_text(session, request.message, UTC) == sentence


def test_a_scheduled_message_shows_its_time(session: Session, people: Cast) -> None:
    waiting = a_dispatch(session, people)
    waiting.due_at = now() + timedelta(days=9)
    local = waiting.due_at.astimezone()

    sentence = status_text(session, waiting.message, UTC)

    assert sentence == f"is scheduled for {local:%Y-%m-%d %H:%M:%S} {local.tzname()}"


def test_a_message_that_is_being_sent_shows_its_progress(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "451 4.3.0 later")
    step(session, sending, mailbox)

    assert status_text(session, sending.message, UTC) == "is sending (1 pending, 1 sent)"


def test_a_sent_message_shows_its_outcome(session: Session, people: Cast, mailbox: Mailbox) -> None:
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "550 5.1.1 nobody here")
    for _ in range(2):
        step(session, sending, mailbox)

    assert status_text(session, sending.message, UTC) == "is sent (1 failed, 1 sent)"


def test_a_message_to_an_empty_list_shows_that_nobody_is_on_it(
    session: Session, people: Cast
) -> None:
    for member in (people.edsger, people.barbara):
        unsubscribe(session, member, people.announce, actor=Actor(member, PORTAL))
    sending = a_dispatch(session, people)
    claim_batch(session, sending, UTC)

    assert status_text(session, sending.message, UTC) == "is sent (nobody is on the list)"


def test_a_stopped_message_shows_how_many_copies_stay_unsent(
    session: Session, people: Cast
) -> None:
    sending = a_dispatch(session, people)
    begin_sending(session, sending)
    recall(session, sending.message, actor=Actor(people.ada, PORTAL))

    assert status_text(session, sending.message, UTC) == "is stopped (2 pending)"


def test_a_message_recalled_and_approved_again_shows_its_newest_sendout(
    session: Session, people: Cast
) -> None:
    first = a_dispatch(session, people)
    first.due_at = datetime(2399, 1, 31, 9, tzinfo=UTC)
    recall(session, first.message, actor=Actor(people.ada, PORTAL))
    request = request_approval(session, first.message, actor=Actor(people.ada, PORTAL))
    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, PORTAL))

    assert newest_dispatch(session, first.message) is not first
    assert "2399" not in status_text(session, first.message, UTC)


@pytest.mark.parametrize("state", MessageState)
def test_there_is_a_sentence_for_every_state(
    session: Session, people: Cast, state: MessageState
) -> None:
    message = in_state(state, session, people)

    assert message.state is state
    assert status_text(session, message, UTC)


def in_state(state: MessageState, session: Session, people: Cast) -> Message:
    """A message that came to this state by the verbs."""
    match state:
        case MessageState.DRAFT | MessageState.VARIANT:
            split = a_split(session, people, 50, 50, has_rest=False)
            return split if state is MessageState.DRAFT else split.variants[0]
        case MessageState.IN_MODERATION:
            return a_request(session, people).message
        case MessageState.DISCARDED:
            draft = a_draft(session, people)
            drafts.discard(session, draft, actor=Actor(people.ada, PORTAL))
            return draft
        case MessageState.REJECTED:
            request = a_request(session, people)
            decide(session, request, Verdict.REJECTED, actor=Actor(people.grace, PORTAL))
            return request.message
        case MessageState.SCHEDULED:
            return a_dispatch(session, people).message
        case _:
            sending = a_dispatch(session, people)
            begin_sending(session, sending)
    if state is MessageState.STOPPED:
        recall(session, sending.message, actor=Actor(people.ada, PORTAL))
    if state is MessageState.SENT:
        sending.message.move(state)
    return sending.message


def test_a_timeline_is_in_order_and_about_one_message(session: Session, people: Cast) -> None:
    request, _other = a_request(session, people), a_request(session, people)
    decide(session, request, Verdict.APPROVED, actor=Actor(people.grace, Door.LINK))
    session.flush()

    entries = timeline(session, request.message)

    assert [(each.act, each.door.value) for each in entries] == [
        ("wrote", "portal"),
        ("asked", "portal"),
        ("approved", "link"),
    ]
