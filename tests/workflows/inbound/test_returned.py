"""Mail that comes back counts only for the letter or the copy whose token it has."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Bounce,
    Delivery,
    Dispatch,
    Door,
    InboundMail,
    InboundMailState,
    Installation,
    LetterName,
    Message,
    Notification,
    NotificationState,
    SelfService,
    Subscription,
    User,
)
from models.clock import now
from notifications.mime.return_path import ReturnPaths
from tests.builders import Cast, a_dispatch, a_letter
from tests.letter_context import KEYS
from tests.notifications.mime.small_mails import a_bounce, a_complaint
from tests.workflows.inbound.mails import OURS
from workflows.inbound import mail, stored_mail
from workflows.inbound.return_paths import is_return_path
from workflows.inbound.returned import UNMATCHED
from workflows.subscriptions.subscribe import subscribe

PLAIN = "bounces@lists.example.org"
OF_ANOTHER_INSTALLATION = ReturnPaths(b"another key", PLAIN)


def paths(session: Session) -> ReturnPaths:
    return ReturnPaths(session.get_one(Installation, True).token_key, PLAIN)


def receive(session: Session, raw: bytes, recipient: str, *, sender: str = "") -> InboundMail:
    """The mail, handled, as a mail server brings it."""
    kept = stored_mail.save(session, raw, sender=sender, recipient=recipient)
    session.flush()
    mail.handle(session, kept, own_addresses=OURS, keys=KEYS, bounce_days=1)
    return kept


@pytest.fixture
def letter(session: Session, people: Cast) -> Notification:
    """Grace's letter, which has been sent."""
    question = a_letter(session, people)
    question.move(NotificationState.SENT)
    return question


@pytest.fixture
def message(session: Session, people: Cast) -> Message:
    """A message of which Edsger was sent a copy."""
    dispatch: Dispatch = a_dispatch(session, people)
    session.add(
        Delivery(dispatch_id=dispatch.id, address=people.edsger.address, next_attempt_at=now())
    )
    session.flush()
    return dispatch.message


def copy_path(session: Session, message: Message, user: User) -> str:
    return paths(session).of_copies(message.id, message.mark)(user.id)


def bounces(session: Session) -> list[tuple[int, int, bool]]:
    """Return whose copies of which messages came back, and whether for good."""
    rows = session.scalars(select(Bounce))
    return [(row.user_id, row.message_id, row.hard) for row in rows]


def is_subscribed(session: Session, people: Cast) -> bool:
    found = select(func.count()).where(
        Subscription.user_id == people.edsger.id, Subscription.list_id == people.announce.id
    )
    return session.scalar(found) == 1


def test_a_bounced_letter_is_failed_and_sent_by_sms(session: Session, letter: Notification) -> None:
    letter.user.phone = "+33612345678"
    path = paths(session).of_letter(letter.id, letter.mark)

    kept = receive(session, a_bounce(), path.upper())

    assert kept.outcome == f"bounce of letter {letter.id}"
    assert (letter.state, letter.failure) == (NotificationState.FAILED, "bounced (5.1.1)")
    again = session.scalars(select(Notification).order_by(Notification.id.desc())).first()
    assert again is not None
    assert (again.channel, again.letter) == ("sms", LetterName.MODERATE)


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered"])
def test_a_letter_that_is_only_delayed_or_arrived_is_not_failed(
    session: Session, letter: Notification, action: str
) -> None:
    receive(session, a_bounce(action=action), paths(session).of_letter(letter.id, letter.mark))

    assert letter.state is NotificationState.SENT


def test_a_forged_bounce_marks_nothing(
    session: Session, people: Cast, letter: Notification, message: Message
) -> None:
    named = a_bounce().replace(
        b"Subject: To approve",
        f"Message-ID: <notification.{letter.id}.{letter.mark}@example.org>".encode(),
    )
    own, other = paths(session), OF_ANOTHER_INSTALLATION
    forged = [
        PLAIN,
        f"bounces+{'a' * 26}@lists.example.org",
        other.of_letter(letter.id, letter.mark),
        own.of_letter(letter.id, "0123456789ab"),  # lost by a restore, whose id is used again
        own.of_letter(letter.id, None),
        own.of_letter(letter.id + 1000, letter.mark),
        other.of_copies(message.id, message.mark)(people.edsger.id),
        own.of_copies(message.id, "0123456789ab")(people.edsger.id),
        own.of_copies(message.id + 1000, message.mark)(people.edsger.id),
        own.of_copies(message.id, message.mark)(people.edsger.id + 1000),
    ]

    outcomes = {receive(session, named, address).outcome for address in forged}

    assert outcomes == {UNMATCHED}
    assert [address for address in forged if is_return_path(session, address)] == []
    assert letter.state is NotificationState.SENT
    assert bounces(session) == []


def test_a_bounce_needs_an_empty_envelope_sender(session: Session, letter: Notification) -> None:
    path = paths(session).of_letter(letter.id, letter.mark)

    kept = receive(session, a_bounce(), path, sender="mallory@example.org")

    assert kept.outcome == "ignored: mail to a return path"
    assert letter.state is NotificationState.SENT


@pytest.mark.parametrize(("status", "is_hard"), [("5.1.1", True), ("5.2.2", False)])
def test_a_bounced_copy_counts_once_however_often_it_is_reported(
    session: Session, people: Cast, message: Message, status: str, *, is_hard: bool
) -> None:
    path = copy_path(session, message, people.edsger)

    first, second = (receive(session, a_bounce(status), path) for _ in range(2))

    assert bounces(session) == [(people.edsger.id, message.id, is_hard)]
    assert first.outcome is not None
    assert first.outcome.startswith("hard" if is_hard else "soft")
    assert second.outcome is not None
    assert second.outcome.startswith("ignored")
    assert is_subscribed(session, people)
    subscription = session.get_one(Subscription, (people.announce.id, people.edsger.id))
    assert (subscription.suspended_at is not None) is is_hard


def test_a_bounce_from_a_former_address_does_not_count(
    session: Session, people: Cast, message: Message
) -> None:
    people.edsger.address = "edsger@example.com"

    receive(session, a_bounce(), copy_path(session, message, people.edsger))

    assert bounces(session) == []


@pytest.mark.parametrize(
    ("service", "is_path_of_copy"),
    [*((service, True) for service in SelfService), (SelfService.CLOSED, False)],
)
def test_a_complaint_unsubscribes_wherever_it_is_sent(
    session: Session, people: Cast, message: Message, service: SelfService, *, is_path_of_copy: bool
) -> None:
    people.announce.self_service = service
    path = copy_path(session, message, people.edsger)
    recipient, shown = (path, "redacted") if is_path_of_copy else (PLAIN, path)

    kept = receive(session, a_complaint(shown), recipient, sender="feedback@provider.example")

    assert kept.outcome == (
        f"complaint about message {message.id}: user {people.edsger.id} unsubscribed"
    )
    assert not is_subscribed(session, people)
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.act, entry.door, entry.actor_id) == (
        Act.UNSUBSCRIBED,
        Door.COMPLAINT,
        people.edsger.id,
    )


def test_a_complaint_that_is_brought_again_does_not_unsubscribe_again(
    session: Session, people: Cast, message: Message
) -> None:
    path = copy_path(session, message, people.edsger)
    receive(session, a_complaint(path), PLAIN)
    subscribe(session, people.edsger, people.announce, actor=Actor(people.edsger, Door.PORTAL))

    assert receive(session, a_complaint(path), PLAIN).outcome == "repeated"
    assert is_subscribed(session, people)


def test_other_feedback_and_forged_complaints_do_nothing(
    session: Session, people: Cast, letter: Notification, message: Message
) -> None:
    own = copy_path(session, message, people.edsger)
    forged = OF_ANOTHER_INSTALLATION.of_copies(message.id, message.mark)(people.edsger.id)
    of_letter = paths(session).of_letter(letter.id, letter.mark)

    for raw in (a_complaint(own, kind="not-spam"), a_complaint(forged), a_complaint(of_letter)):
        kept = receive(session, raw, PLAIN)
        assert kept.outcome is not None
        assert kept.outcome.startswith("ignored")
    assert is_subscribed(session, people)
    assert letter.state is NotificationState.SENT


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=300), cut=st.tuples(st.integers(0, 500), st.integers(0, 700)))
def test_no_bytes_break_it(
    session: Session, people: Cast, message: Message, noise: bytes, cut: tuple[int, int]
) -> None:
    path = copy_path(session, message, people.edsger)

    for report in (a_bounce(), a_complaint("x@y.example")):
        kept = receive(session, report[: cut[0]] + noise + report[cut[1] :], path)
        assert kept.state is InboundMailState.HANDLED
