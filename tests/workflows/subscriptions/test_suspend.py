"""A subscription whose copies come back on several days is suspended, and can be resumed."""

from collections.abc import Callable
from datetime import timedelta
from tempfile import TemporaryFile

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Bounce,
    Change,
    Door,
    LetterName,
    Notification,
    Subscription,
    SubscriptionChange,
    Trespass,
)
from models.clock import now
from tests.builders import Cast, a_draft
from workflows.people.addresses import change_address
from workflows.sendout.recipients import addresses, people_at
from workflows.subscriptions import suspend
from workflows.subscriptions.subscribe import subscribe, unsubscribe
from workflows.subscriptions.suspend import Returned, count_bounce, forget_old_bounces, resume
from workflows.sync.snapshot import read_addresses

LIMIT = 3
HARD = Returned("5.1.1", is_hard=True)
SOFT = Returned("4.4.1", is_hard=False)

Days = Callable[[int], None]


@pytest.fixture
def after_days(monkeypatch: pytest.MonkeyPatch) -> Days:
    """Set the time of bounces to this many days from now."""

    def set_day(days: int) -> None:
        monkeypatch.setattr(suspend, "now", lambda: now() + timedelta(days=days))

    return set_day


def bounce_on(
    session: Session, people: Cast, days: Days, *when: int, returned: Returned = HARD
) -> None:
    """Have a copy of a new message to Edsger come back on each of these days."""
    for day in when:
        days(day)
        message = a_draft(session, people)
        assert count_bounce(session, people.edsger, message, returned, limit=LIMIT)
    session.flush()


def subscription(session: Session, people: Cast) -> Subscription:
    """Edsger's subscription as the database has it."""
    key = (people.announce.id, people.edsger.id)
    return session.get_one(Subscription, key, populate_existing=True)


def is_suspended(session: Session, people: Cast) -> bool:
    return subscription(session, people).suspended_at is not None


def suspend_edsger(session: Session, people: Cast, days: Days) -> None:
    bounce_on(session, people, days, 1, 2, 3)
    assert is_suspended(session, people)


@pytest.mark.parametrize(
    ("when", "is_suspended_then"),
    [
        ((1, 8, 15), True),
        ((1, 30, 60), True),
        ((1, 8), False),
        ((1, 1, 1, 1), False),
        ((1, 50, 100), False),
        ((1, 50, 100, 101), True),
    ],
)
def test_hard_bounces_on_three_days_within_ninety_suspend(
    session: Session,
    people: Cast,
    after_days: Days,
    when: tuple[int, ...],
    *,
    is_suspended_then: bool,
) -> None:
    bounce_on(session, people, after_days, *when)

    assert is_suspended(session, people) is is_suspended_then


def test_soft_bounces_never_suspend(session: Session, people: Cast, after_days: Days) -> None:
    bounce_on(session, people, after_days, *range(2 * LIMIT), returned=SOFT)

    assert not is_suspended(session, people)


def test_reports_about_one_message_count_once_and_a_failure_overrides_a_delay(
    session: Session, people: Cast, after_days: Days
) -> None:
    message = a_draft(session, people)
    counted = []
    for day, returned in enumerate((SOFT, SOFT, HARD, HARD, SOFT)):
        after_days(day)
        counted.append(count_bounce(session, people.edsger, message, returned, limit=1))

    assert counted == [True, False, True, False, False]
    assert [(one.hard, one.status) for one in session.scalars(select(Bounce))] == [(True, "5.1.1")]
    assert is_suspended(session, people)


def test_with_zero_nothing_is_suspended(session: Session, people: Cast) -> None:
    assert count_bounce(session, people.edsger, a_draft(session, people), HARD, limit=0)
    assert not is_suspended(session, people)


def test_a_bounce_to_a_person_who_has_left_counts_for_nothing(
    session: Session, people: Cast
) -> None:
    unsubscribe(session, people.edsger, people.announce, actor=Actor.operator())

    assert not count_bounce(session, people.edsger, a_draft(session, people), HARD, limit=1)


def test_a_suspended_person_is_no_recipient_and_left_out_of_pushes(
    session: Session, people: Cast, after_days: Days
) -> None:
    suspend_edsger(session, people, after_days)

    assert session.scalars(addresses(people.announce)).all() == ["barbara@example.org"]
    with TemporaryFile(buffering=0) as file:
        assert read_addresses(session, people.announce, file).addresses == 1
        file.seek(0)
        assert file.read() == b"barbara@example.org\n"


def test_a_suspension_during_a_sendout_drops_the_copy(
    session: Session, people: Cast, after_days: Days
) -> None:
    suspend_edsger(session, people, after_days)

    begun = {people.barbara.address, people.edsger.address}
    found = people_at(session, people.announce, begun)
    gone = {address for address, person in found.items() if person.is_gone}
    assert gone == {people.edsger.address}


def test_a_suspension_is_in_the_journal_and_the_audit_log_and_asks_for_a_push(
    session: Session, people: Cast, after_days: Days
) -> None:
    suspend_edsger(session, people, after_days)
    assert resume(session, people.edsger, people.announce, actor=Actor(people.edsger, Door.PORTAL))

    changes = session.scalars(
        select(SubscriptionChange)
        .where(SubscriptionChange.user_id == people.edsger.id)
        .order_by(SubscriptionChange.id.desc())
        .limit(2)
    )
    assert [(one.change, one.via) for one in changes] == [
        (Change.RESUMED, Door.PORTAL),
        (Change.SUSPENDED, Door.SYSTEM),
    ]
    acts = select(AuditEntry.act).where(AuditEntry.about_id == people.edsger.id)
    newest = session.scalars(acts.order_by(AuditEntry.id.desc()).limit(2)).all()
    assert newest == [Act.RESUMED, Act.SUSPENDED]


def test_administrators_get_one_letter_about_all_suspensions_of_an_hour(
    session: Session, people: Cast, after_days: Days
) -> None:
    subscribe(session, people.ada, people.announce, actor=Actor.operator())
    for day in (1, 2, 3):
        after_days(day)
        message = a_draft(session, people)
        for user in (people.ada, people.edsger):
            count_bounce(session, user, message, HARD, limit=LIMIT)

    (letter,) = session.scalars(
        select(Notification).where(Notification.letter == LetterName.SUSPENDED)
    )
    assert letter.user == people.barbara
    assert letter.due_at > now() + timedelta(days=3)


def test_after_a_resumption_earlier_bounces_count_no_more(
    session: Session, people: Cast, after_days: Days
) -> None:
    suspend_edsger(session, people, after_days)

    assert resume(session, people.edsger, people.announce, actor=Actor.operator())
    assert not resume(session, people.edsger, people.announce, actor=Actor.operator())
    bounce_on(session, people, after_days, 4, 5)
    assert not is_suspended(session, people)
    bounce_on(session, people, after_days, 6)
    assert is_suspended(session, people)


def test_a_new_address_begins_without_bounces(
    session: Session, people: Cast, after_days: Days
) -> None:
    suspend_edsger(session, people, after_days)

    change_address(session, people.edsger, "edsger@example.com", actor=Actor.operator())

    assert not is_suspended(session, people)
    bounce_on(session, people, after_days, 4, 5)
    assert not is_suspended(session, people)


def test_only_the_person_and_who_may_edit_lists_resume(
    session: Session, people: Cast, after_days: Days
) -> None:
    suspend_edsger(session, people, after_days)

    with pytest.raises(Trespass):
        resume(session, people.edsger, people.announce, actor=Actor(people.ada, Door.PORTAL))
    assert is_suspended(session, people)
    assert resume(session, people.edsger, people.announce, actor=Actor(people.barbara, Door.PORTAL))


def test_bounces_are_deleted_when_they_count_no_more(
    session: Session, people: Cast, after_days: Days
) -> None:
    bounce_on(session, people, after_days, 1, 50)

    after_days(100)
    forget_old_bounces(session)

    assert session.scalar(select(func.count()).select_from(Bounce)) == 1
