"""Send batch by batch, at most one copy per recipient."""

from datetime import UTC, timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    DeliveryState,
    Dispatch,
    DispatchState,
    Door,
    ListDelivery,
    MessageState,
    SelfService,
)
from models.clock import now
from models.outbox import drain
from sandbox.mailbox import Mailbox
from tests.builders import LIMIT, Cast, a_dispatch, a_mailer, an_example, cast, members
from tests.workflows.locks import never_wait
from tests.workflows.sendout.sending import (
    BARBARA,
    EDSGER,
    as_approved,
    deliveries,
    send_claimed,
    step,
)
from workflows.messages.write import Draft, write
from workflows.sendout import claim
from workflows.sendout.schedule import recall, release
from workflows.sendout.send import COMPOSED_BYTES, composed_at_once
from workflows.subscriptions.subscribe import unsubscribe


def test_a_sendout_reaches_every_member_once_and_ends(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)

    assert [step(session, sending, mailbox) for _ in range(2)] == [2, 0]

    assert sorted(mail.recipients for mail in mailbox.mails) == [(BARBARA,), (EDSGER,)]
    assert len({mail.sender for mail in mailbox.mails}) == 2
    assert sending.state is DispatchState.SENT
    assert sending.message.state is MessageState.SENT
    assert claim.count_by_state(session, sending) == {"sent": 2}


def test_the_approved_content_is_sent(session: Session, people: Cast, mailbox: Mailbox) -> None:
    sending = a_dispatch(session, people)
    shown_to_approvers = an_example(sending.message)

    step(session, sending, mailbox)

    sent = {as_approved(mail.content) for mail in mailbox.mails}
    assert sent == {as_approved(shown_to_approvers)}


def test_each_member_gets_their_own_name(session: Session, people: Cast, mailbox: Mailbox) -> None:
    raw = b"From: ada@example.org\nSubject: To {{ name }}\n\nDear {{ name }}\n"
    draft = Draft(people.announce, raw, personal_fields=True)
    barbara = Actor(people.barbara, Door.PORTAL)
    message = write(session, draft, actor=barbara, max_bytes=LIMIT)
    sending = release(session, message, actor=barbara)

    step(session, sending, mailbox)

    mails = [(mail.recipients, message_from_bytes(mail.content)) for mail in mailbox.mails]
    subjects = {recipients: mail["Subject"] for recipients, mail in mails}
    assert subjects == {(EDSGER,): "To Edsger Dijkstra", (BARBARA,): "To Barbara Liskov"}


def test_identical_copies_leave_as_one_letter_and_each_recipient_has_an_answer(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    people.announce.personal = False
    people.announce.self_service = SelfService.CLOSED
    sending = a_dispatch(session, people)
    mailbox.answer(BARBARA, "550 5.1.1 nobody here")

    step(session, sending, mailbox)

    found = {key: one.state for key, one in deliveries(session, sending).items()}
    assert found == {EDSGER: DeliveryState.SENT, BARBARA: DeliveryState.FAILED}
    assert [mail.recipients for mail in mailbox.mails] == [(EDSGER,)]
    mailbox.forget()
    other = a_dispatch(session, people)
    step(session, other, mailbox)
    assert [set(mail.recipients) for mail in mailbox.mails] == [{EDSGER, BARBARA}]


def test_an_address_that_no_letter_can_have_fails_alone(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    wrong = f"edsger@{'ß' * 63}.example"  # longer than 63 bytes once it is encoded
    people.edsger.address = wrong
    sending = a_dispatch(session, people)

    step(session, sending, mailbox)

    found = deliveries(session, sending)
    assert found[wrong].state is DeliveryState.FAILED
    assert found[wrong].failure == "The domain of an address is not one that can exist."
    assert found[BARBARA].state is DeliveryState.SENT
    assert [mail.recipients for mail in mailbox.mails] == [(BARBARA,)]


def test_large_copies_are_composed_one_by_one(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    message = a_dispatch(session, people).message

    def at_once(size: int) -> int:
        message.size = size
        return composed_at_once(a_mailer(mailbox).copies(message))

    assert [at_once(1500), at_once(10**5), at_once(0)] == [43, 1, COMPOSED_BYTES]


def test_content_changed_during_the_sendout_is_not_sent(
    session: Session, people: Cast, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "BATCH_SIZE", 1)
    sending = a_dispatch(session, people)
    approved = an_example(sending.message)
    step(session, sending, mailbox)

    sending.message.raw += b"and bring money\n"
    step(session, sending, mailbox)

    assert {as_approved(mail.content) for mail in mailbox.mails} == {as_approved(approved)}


def test_content_changed_after_the_claim_is_not_sent(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    batch = claim.claim_batch(session, sending, UTC)

    sending.message.raw += b"and bring money\n"
    send_claimed(session, sending.id, batch, mailbox)

    assert mailbox.mails == []


def test_the_audit_trail_has_begin_and_end_with_their_numbers(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    mailbox.answer(EDSGER, "550 5.1.1 nobody here")
    for _ in range(2):
        step(session, sending, mailbox)

    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.message_id == sending.message_id)
        .order_by(AuditEntry.id.desc())
        .limit(2)
    ).all()

    assert [(entry.act, entry.detail) for entry in entries] == [
        (Act.FINISHED_SENDING, {"sent": 1, "failed": 1}),
        (Act.BEGAN_SENDING, {"recipients": 2}),
    ]
    assert {entry.door for entry in entries} == {Door.SYSTEM}


def test_nothing_begins_before_its_time(session: Session, people: Cast, mailbox: Mailbox) -> None:
    sending = a_dispatch(session, people)
    sending.due_at = now() + timedelta(seconds=30)

    assert step(session, sending, mailbox) == 0

    assert sending.state is DispatchState.WAITING
    assert deliveries(session, sending) == {}


def test_the_sendout_to_an_empty_list_ends_at_once(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    for member in (people.edsger, people.barbara):
        unsubscribe(session, member, people.announce, actor=Actor(member, Door.PORTAL))
    sending = a_dispatch(session, people)

    assert step(session, sending, mailbox) == 0

    assert sending.message.state is MessageState.SENT
    assert claim.count_by_state(session, sending) == {}
    assert mailbox.mails == []


def test_a_list_that_delivers_itself_gets_one_mail_at_its_address(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    people.announce.delivery = ListDelivery.LIST_ADDRESS
    sending = a_dispatch(session, people)

    assert [step(session, sending, mailbox) for _ in range(2)] == [1, 0]

    assert [mail.recipients for mail in mailbox.mails] == [("announce@lists.example.org",)]


def test_a_claim_takes_one_batch_and_each_delivery_once(
    session: Session, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "BATCH_SIZE", 5)
    members(session, people.announce, 10)
    sending = a_dispatch(session, people)

    batches = [claim.claim_batch(session, sending, UTC) for _ in range(4)]

    claimed = [delivery for batch in batches for delivery in batch]
    assert [len(batch) for batch in batches] == [5, 5, 2, 0]
    assert len(set(claimed)) == 12
    assert {d.attempts for d in deliveries(session, sending).values()} == {1}
    assert {d.state for d in deliveries(session, sending).values()} == {DeliveryState.SENDING}
    assert sending.state is DispatchState.SENDING


def test_two_claims_at_once_never_overlap(
    own_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "BATCH_SIZE", 5)
    with Session(own_database) as session, session.begin():
        people = cast(session)
        members(session, people.announce, 5)
        sending_id = a_dispatch(session, people).id
        claim.begin_sending(session, session.get_one(Dispatch, sending_id))

    with Session(own_database) as one, Session(own_database) as other:
        first = claim.claim_batch(one, one.get_one(Dispatch, sending_id), UTC)
        one.flush()
        never_wait(other)
        second = claim.claim_batch(other, other.get_one(Dispatch, sending_id), UTC)

        assert (len(first), len(second)) == (5, 2)
        assert set(first) & set(second) == set()


def test_a_batch_of_another_worker_is_waited_for(session: Session, people: Cast) -> None:
    sending = a_dispatch(session, people)
    claim.claim_batch(session, sending, UTC)

    assert not claim.claim_batch(session, sending, UTC)

    assert sending.state is DispatchState.SENDING
    assert sending.due_at > now()


def test_after_a_batch_the_next_is_published(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    drain(session)

    step(session, sending, mailbox)

    (entry,) = drain(session)
    assert (entry.kind, entry.row_id) == (Dispatch, sending.id)
    assert entry.due_at
    assert entry.due_at <= now()


def test_a_sendout_stopped_between_two_batches_sends_no_more(
    session: Session, people: Cast, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "BATCH_SIZE", 1)
    sending = a_dispatch(session, people)
    step(session, sending, mailbox)

    recall(session, sending.message, actor=Actor(people.ada, Door.PORTAL))

    assert step(session, sending, mailbox) == 0
    assert claim.count_by_state(session, sending) == {"sent": 1, "pending": 1}
    assert len(mailbox.mails) == 1


def test_a_batch_that_was_claimed_before_the_stop_is_not_sent_after_it(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    sending = a_dispatch(session, people)
    batch = claim.claim_batch(session, sending, UTC)
    recall(session, sending.message, actor=Actor(people.ada, Door.PORTAL))

    send_claimed(session, sending.id, batch, mailbox)

    assert mailbox.mails == []
    assert claim.count_by_state(session, sending) == {"pending": 2}
