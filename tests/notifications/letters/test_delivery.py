"""Deliver one letter to a real mail server or phone network, and record the outcome."""

from datetime import timedelta
from email import message_from_bytes
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    AuditEntry,
    Channel,
    Door,
    Installation,
    LetterName,
    Notification,
    NotificationState,
    Verdict,
)
from models.clock import now
from notifications.letters.delivery import deliver
from notifications.mime.envelope import with_crlf
from notifications.mime.return_path import ReturnedLetter, ReturnPaths
from notifications.retry import MAX_ATTEMPTS, SMS_FALLBACK_AFTER
from sandbox.mailbox import Mailbox
from sandbox.phone import PhoneNetwork
from tests.builders import Cast, a_letter, an_example
from tests.letter_context import a_context
from workflows.moderation.decide import decide
from workflows.people import users

PENDING, SENT, FAILED, MOOT = (NotificationState(s) for s in ("pending", "sent", "failed", "moot"))

GRACE = "grace@example.org"

LATER = "451 4.7.1 <grace@example.org>: try again later"

NEVER = "550 5.1.1 <grace@example.org>: no such user here"


@pytest.fixture
def letter(session: Session, people: Cast) -> Notification:
    """The question to Grace whether Ada's message may go out."""
    return a_letter(session, people)


def trail(session: Session) -> list[tuple[str, dict[str, str]]]:
    """Return the system's acts in the audit trail."""
    entries = session.scalars(select(AuditEntry).where(AuditEntry.door == Door.SYSTEM))
    return [(entry.act, entry.detail) for entry in entries]


def try_again(session: Session, letter: Notification, mailbox: Mailbox) -> timedelta:
    """Deliver it although it is not due yet; returns how long is waited then."""
    letter.due_at = now()
    deliver(session, letter, a_context(mailbox))
    return letter.due_at - now()


@pytest.fixture
def sms(session: Session, people: Cast) -> Notification:
    """A question to Grace, on its way to her telephone."""
    letter = a_letter(session, people)
    letter.user.phone, letter.channel = "+33612345678", Channel.SMS
    session.flush()
    return letter


def fail(session: Session, sms: Notification, network: PhoneNetwork) -> bool:
    """Try to send it while Twilio is out of order."""
    sms.due_at = now()
    network.fail(3)
    return deliver(session, sms, a_context(network=network))


def test_a_letter_that_the_relay_accepts_is_sent_and_in_the_audit_trail(
    session: Session, letter: Notification, mailbox: Mailbox
) -> None:
    deliver(session, letter, a_context(mailbox))

    (mail,) = mailbox.mails
    key = session.get_one(Installation, True).token_key
    assert mail.recipients == (GRACE,)
    assert ReturnPaths(key).read(mail.sender) == ReturnedLetter(letter.id, letter.mark)
    assert (letter.state, letter.attempts, letter.failure) == (SENT, 1, None)
    assert letter.sent_at is not None
    assert abs(letter.sent_at - now()) < timedelta(seconds=5)
    assert letter.message is not None
    assert an_example(letter.message) in mail.content  # byte for byte
    to_grace = {"user": "Grace Hopper", "letter": "SysMsgMessageModerate", "channel": "email"}
    assert trail(session) == [("notified", to_grace)]


def test_a_rejected_message_comes_back_byte_for_byte_but_for_line_ends(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    letter = a_letter(session, people, LetterName.REJECTED)

    deliver(session, letter, a_context(mailbox))

    assert letter.message is not None
    assert with_crlf(letter.message.raw) in mailbox.to("ada@example.org")[0].content


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_letter_that_is_refused_temporarily_is_tried_again(
    session: Session, letter: Notification, mailbox: Mailbox, step: str
) -> None:
    mailbox.answer(GRACE, LATER, at="RCPT" if step == "RCPT" else "DATA")

    wait = try_again(session, letter, mailbox)

    assert (letter.state, letter.attempts, letter.failure) == (PENDING, 1, LATER)
    assert timedelta(seconds=23) < wait < timedelta(seconds=37)
    assert trail(session) == []

    try_again(session, letter, mailbox)

    assert (letter.state, letter.attempts, letter.failure) == (SENT, 2, None)


def test_each_refusal_makes_the_delay_longer(
    session: Session, letter: Notification, mailbox: Mailbox
) -> None:
    mailbox.answer(GRACE, LATER, times=3)

    waits = [try_again(session, letter, mailbox).total_seconds() for _ in range(3)]

    assert letter.attempts == 3
    assert all(longer > 1.2 * shorter for shorter, longer in pairwise(waits))


def test_a_retried_letter_has_the_message_id_of_the_first_attempt(
    session: Session, letter: Notification, mailbox: Mailbox
) -> None:
    mailbox.drop_after_data(kept=True)

    try_again(session, letter, mailbox)
    assert letter.state is PENDING
    try_again(session, letter, mailbox)

    ids = {message_from_bytes(mail.content)["Message-ID"] for mail in mailbox.mails}
    assert (letter.state, letter.attempts) == (SENT, 2)
    assert ids == {f"<notification.{letter.id}.{letter.mark}@example.org>"}
    assert len(mailbox.mails) == 2


def test_a_letter_that_is_refused_until_the_last_attempt_has_failed(
    session: Session, letter: Notification, mailbox: Mailbox
) -> None:
    mailbox.answer(GRACE, LATER)
    letter.attempts = MAX_ATTEMPTS - 1

    try_again(session, letter, mailbox)

    assert (letter.state, letter.attempts, letter.failure) == (FAILED, MAX_ATTEMPTS, LATER)
    assert [act for act, _ in trail(session)] == ["not_notified"]


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_letter_that_is_refused_permanently_has_failed_at_once(
    session: Session, letter: Notification, mailbox: Mailbox, step: str
) -> None:
    mailbox.answer(GRACE, NEVER, at="RCPT" if step == "RCPT" else "DATA")

    deliver(session, letter, a_context(mailbox))

    assert (letter.state, letter.attempts, letter.failure) == (FAILED, 1, NEVER)
    assert mailbox.mails == []
    # The audit trail says why, without an address.
    ((act, detail),) = trail(session)
    assert (act, detail["user"]) == ("not_notified", "Grace Hopper")
    refused = "recipient" if step == "RCPT" else "letter"
    assert detail["reason"] == f"The mail server refused the {refused} (550 5.1.1)."
    assert "@" not in f"{detail}"


def test_an_unavailable_relay_does_not_count_as_an_attempt_and_gets_the_letter_later(
    session: Session, letter: Notification, mailbox: Mailbox
) -> None:
    mailbox.stop()

    waits = [try_again(session, letter, mailbox) for _ in range(2)]

    assert (letter.state, letter.attempts) == (PENDING, 0)
    assert "it refuses connections" in (letter.failure or "")
    assert all(timedelta(seconds=10) < wait <= timedelta(seconds=15) for wait in waits)
    assert trail(session) == []

    mailbox.start()
    try_again(session, letter, mailbox)

    assert (letter.state, letter.attempts) == (SENT, 1)
    assert len(mailbox.mails) == 1


def test_a_question_that_was_answered_meanwhile_is_not_asked(
    session: Session, people: Cast, letter: Notification, mailbox: Mailbox
) -> None:
    assert letter.request is not None
    decide(session, letter.request, Verdict.APPROVED, actor=Actor(people.linus, Door.PORTAL))

    deliver(session, letter, a_context(mailbox))

    assert (letter.state, letter.attempts) == (MOOT, 0)
    assert mailbox.mails == []


def test_a_letter_that_is_not_due_stays_as_it_is(
    session: Session, letter: Notification, mailbox: Mailbox
) -> None:
    due_at = letter.due_at = now() + timedelta(seconds=30)
    session.flush()
    before = letter.publish_after, letter.publications

    deliver(session, letter, a_context(mailbox))

    assert (letter.state, letter.attempts, letter.due_at) == (PENDING, 0, due_at)
    assert (letter.publish_after, letter.publications) == before
    assert mailbox.mails == []


def test_a_disabled_person_gets_no_letter(
    session: Session, letter: Notification, mailbox: Mailbox
) -> None:
    users.disable(session, letter.user, actor=Actor.operator())

    deliver(session, letter, a_context(mailbox))

    assert mailbox.mails == []
    assert letter.state is MOOT


def test_an_uncertain_sms_is_tried_again_for_a_day_and_has_failed_then(
    session: Session, sms: Notification, network: PhoneNetwork
) -> None:
    assert fail(session, sms, network)
    outcomes = []
    for minutes in (-1, 1):
        sms.uncertain_since = now() - SMS_FALLBACK_AFTER - timedelta(minutes=minutes)
        outcomes.append((fail(session, sms, network), sms.state))

    assert outcomes == [(True, PENDING), (False, FAILED)]


def test_an_email_never_fails_because_the_relay_is_unavailable(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people)
    letter.uncertain_since = now() - 9 * SMS_FALLBACK_AFTER

    with Mailbox() as mailbox:
        mailbox.stop()
        assert deliver(session, letter, a_context(mailbox))

    assert letter.state is NotificationState.PENDING


@pytest.mark.parametrize("lacks", ["number", "account"])
def test_an_sms_without_a_number_or_an_account_fails_at_once(
    session: Session, sms: Notification, lacks: str
) -> None:
    with PhoneNetwork() as network:
        if lacks == "number":
            sms.user.phone = None
        context = a_context(network=None if lacks == "account" else network)

        assert not deliver(session, sms, context)

        assert network.messages == []
    assert (sms.state, sms.attempts) == (FAILED, 1)
    assert sms.failure == "No SMS can be sent to this person."


def test_a_person_who_sent_stop_to_the_number_is_marked_so(
    session: Session, sms: Notification
) -> None:
    assert sms.user.phone is not None
    with PhoneNetwork() as network:
        network.text(sms.user.phone, "Stop")

        assert not deliver(session, sms, a_context(network=network))

    assert sms.state is FAILED
    assert sms.user.sms_stopped_at is not None
    assert abs(sms.user.sms_stopped_at - now()) < timedelta(seconds=5)


def test_an_sms_is_not_sent_twice_after_a_killed_worker(
    session: Session, sms: Notification
) -> None:
    with PhoneNetwork() as network:
        with session.begin_nested() as work:
            deliver(session, sms, a_context(network=network))
            work.rollback()
        assert sms.state is NotificationState.PENDING
        sms.request_publication()

        deliver(session, sms, a_context(network=network))

        assert [sms.provider_id] == [each.sid for each in network.messages]
