"""Schedule, recall, stop, return."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Door,
    IllegalTransition,
    LetterName,
    Message,
    MessageState,
    Notification,
    NotificationState,
    Trespass,
    Verdict,
)
from models.clock import now
from tests.builders import Cast, a_dispatch, a_draft, a_list, a_request, cast
from workflows import access
from workflows.moderation.decide import decide, request_approval
from workflows.people import users
from workflows.sendout.claim import begin_sending, claim_batch
from workflows.sendout.schedule import recall, release
from workflows.transaction import transaction

PORTAL = Door.PORTAL


def acts(session: Session, message: Message) -> list[tuple[str, str]]:
    """Return the acts on the message, with their actors."""
    entries = select(AuditEntry).where(AuditEntry.message_id == message.id).order_by(AuditEntry.id)
    return [(entry.act, entry.actor) for entry in session.scalars(entries)]


def test_an_author_with_right_601_releases_the_own_message(session: Session, people: Cast) -> None:
    users.grant(session, people.ada, "sender", actor=Actor.operator())
    draft = a_draft(session, people)

    sendout_ = release(session, draft, actor=Actor(people.ada, PORTAL))

    assert draft.state is MessageState.SCHEDULED
    assert sendout_.state is DispatchState.WAITING
    assert (sendout_.released_by_id, sendout_.request_id) == (people.ada.id, None)
    assert sendout_.content_hash == draft.content_hash()
    assert acts(session, draft)[-1] == (Act.RELEASED, "Ada Lovelace")


def test_nothing_is_released_without_right_601(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)

    with pytest.raises(Trespass, match=r"Ada Lovelace lacks the right SEND_MESSAGES \(601\)"):
        release(session, draft, actor=Actor(people.ada, PORTAL))

    assert draft.state is MessageState.DRAFT
    assert session.scalars(select(Dispatch)).all() == []


def test_a_refused_release_is_on_record(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)
    session.commit()

    with pytest.raises(Trespass), transaction() as other:
        ada = access.actor_with_address(other, "ada@example.org", Door.SERVICE)
        release(other, other.get_one(Message, draft.id), actor=ada)

    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.REFUSED)).one()
    assert (entry.actor, entry.door) == ("Ada Lovelace", Door.SERVICE)
    assert (entry.message_id, entry.list_id) == (draft.id, people.announce.id)


def test_only_its_author_releases_a_message(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)

    with pytest.raises(Trespass, match="Barbara Liskov did not write message"):
        release(session, draft, actor=Actor(people.barbara, PORTAL))

    assert draft.state is MessageState.DRAFT


def test_a_message_in_moderation_cannot_be_released(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    users.grant(session, people.ada, "sender", actor=Actor.operator())

    with pytest.raises(IllegalTransition):
        release(session, request.message, actor=Actor(people.ada, PORTAL))


@pytest.mark.parametrize("wait", [timedelta(days=3), timedelta(days=-3), None])
def test_a_schedule_keeps_its_time_and_a_past_one_is_now(
    session: Session, people: Cast, wait: timedelta | None
) -> None:
    draft = a_draft(session, people)
    draft.author = people.barbara
    draft.send_at = now() + wait if wait else None
    session.flush()

    due_at = release(session, draft, actor=Actor(people.barbara, PORTAL)).due_at

    expected = max(now(), draft.send_at or now())
    assert abs(due_at - expected) < timedelta(seconds=5)


@pytest.mark.parametrize("who", ["ada", "barbara"])
def test_the_author_and_who_may_send_recall_what_is_scheduled(
    session: Session, people: Cast, who: str
) -> None:
    waiting = a_dispatch(session, people)
    by = getattr(people, who)

    assert recall(session, waiting.message, actor=Actor(by, Door.MAIL)) is MessageState.DRAFT

    assert waiting.state is DispatchState.RECALLED
    assert waiting.message.state is MessageState.DRAFT
    assert acts(session, waiting.message)[-1] == (Act.RECALLED, by.name)


@pytest.mark.parametrize("who", ["edsger", "grace"])
def test_others_cannot_recall(session: Session, people: Cast, who: str) -> None:
    waiting = a_dispatch(session, people)

    with pytest.raises(Trespass, match=r"SEND_MESSAGES \(601\)") as refusal:
        recall(session, waiting.message, actor=Actor(getattr(people, who), PORTAL))

    assert refusal.value.message_id == waiting.message_id
    assert waiting.state is DispatchState.WAITING


def test_an_approval_is_void_once_the_message_was_recalled(session: Session, people: Cast) -> None:
    first = a_dispatch(session, people)
    recall(session, first.message, actor=Actor(people.ada, PORTAL))

    with pytest.raises(Trespass):
        release(session, first.message, actor=Actor(people.ada, PORTAL))
    request = request_approval(session, first.message, actor=Actor(people.ada, PORTAL))
    decide(session, request, Verdict.APPROVED, actor=Actor(people.linus, PORTAL))

    assert [d.state for d in session.scalars(select(Dispatch).order_by(Dispatch.id))] == [
        DispatchState.RECALLED,
        DispatchState.WAITING,
    ]


def test_a_stale_task_for_a_recalled_sendout_finds_nothing(session: Session, people: Cast) -> None:
    waiting = a_dispatch(session, people)
    recall(session, waiting.message, actor=Actor(people.ada, PORTAL))

    states = (DispatchState.WAITING, DispatchState.SENDING)
    assert Dispatch.take(session, waiting.id, *states) is None


@pytest.mark.parametrize("state", ["draft", "in moderation", "recalled", "sent", "stopped"])
def test_there_must_be_something_to_recall(session: Session, people: Cast, state: str) -> None:
    message = a_message_that_is(state, session, people)
    before = message.state

    with pytest.raises(IllegalTransition, match=f"is {before}: it is neither scheduled"):
        recall(session, message, actor=Actor(people.ada, PORTAL))

    assert message.state is before


def a_message_that_is(state: str, session: Session, people: Cast) -> Message:
    """A message of Ada's that cannot be recalled."""
    if state == "draft":
        return a_draft(session, people)
    if state == "in moderation":
        return a_request(session, people).message
    sendout_ = a_dispatch(session, people)
    if state == "sent":
        people.edsger.disabled_at = people.barbara.disabled_at = now()
    if state in {"sent", "stopped"}:
        claim_batch(session, sendout_, UTC)
    if state in {"recalled", "stopped"}:
        recall(session, sendout_.message, actor=Actor(people.ada, PORTAL))
    return sendout_.message


def test_the_unsent_copies_of_a_stopped_sendout_stay_unsent(session: Session, people: Cast) -> None:
    sending = a_dispatch(session, people)
    begin_sending(session, sending)

    assert recall(session, sending.message, actor=Actor(people.ada, PORTAL)) is MessageState.STOPPED

    deliveries = session.scalars(select(Delivery).where(Delivery.dispatch_id == sending.id)).all()
    assert sending.state is DispatchState.STOPPED
    assert {delivery.state for delivery in deliveries} == {DeliveryState.PENDING}
    assert Dispatch.take(session, sending.id, DispatchState.SENDING) is None
    assert acts(session, sending.message)[-1] == (Act.STOPPED_SENDING, "Ada Lovelace")


def test_a_recall_sees_what_a_colleague_began_meanwhile(own_database: Engine) -> None:
    with Session(own_database) as session, session.begin():
        waiting_id = a_dispatch(session, cast(session)).id

    with Session(own_database) as session:
        seen = session.get_one(Dispatch, waiting_id)
        with Session(own_database) as colleague, colleague.begin():
            begin_sending(colleague, colleague.get_one(Dispatch, waiting_id))
        ada = access.actor_with_address(session, "ada@example.org", PORTAL)

        assert recall(session, seen.message, actor=ada) is MessageState.STOPPED


@pytest.mark.parametrize("change", ["its bytes", "its list"])
def test_content_that_was_not_approved_returns_to_its_author(
    session: Session, people: Cast, change: str
) -> None:
    waiting = a_dispatch(session, people)
    if change == "its bytes":
        waiting.message.raw += b"and bring money\n"
    else:
        waiting.message.mailing_list = a_list(session, "staff")
    session.flush()

    assert not claim_batch(session, waiting, UTC)

    letter = session.scalars(select(Notification).order_by(Notification.id.desc())).first()
    assert waiting.state is DispatchState.RECALLED
    assert waiting.message.state is MessageState.DRAFT
    assert session.scalars(select(Delivery)).all() == []
    assert letter is not None
    assert (letter.letter, letter.user, letter.state) == (
        LetterName.RETURNED,
        people.ada,
        NotificationState.PENDING,
    )
    assert acts(session, waiting.message)[-1] == (Act.RETURNED, "system")
