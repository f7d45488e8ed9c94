"""When a list is pushed: after a quiet period, on demand, and every night."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import Actor, Door, SubscriptionChange, Sync, SyncState, Trespass
from models.clock import now
from models.outbox import drain
from tests.builders import Cast, a_list
from tests.workflows.sync.pushing import ListServer, asked
from workflows.subscriptions.subscribe import subscribe
from workflows.sync import request
from workflows.sync.request import Debounce

# Minutes: a busy machine may need seconds from one line to the next.
PACE = Debounce(quiet=timedelta(minutes=5), max_wait=timedelta(minutes=60))


def age(session: Session, first: int, last: int) -> None:
    """Set the begin and end of the journal to so many minutes ago."""
    session.flush()
    oldest = session.scalar(select(func.min(SubscriptionChange.id)))
    for condition, minutes in (
        (SubscriptionChange.id == oldest, first),
        (SubscriptionChange.id != oldest, last),
    ):
        session.execute(
            update(SubscriptionChange)
            .where(condition)
            .values(at=now() - timedelta(minutes=minutes))
        )


def syncs(session: Session) -> int:
    return session.scalars(select(func.count(Sync.id))).one()


@pytest.mark.parametrize(
    ("first", "last", "pushed"),
    [(1, 1, 0), (6, 6, 1), (20, 4, 0), (59, 1, 0), (61, 0, 1), (61, 6, 1)],
)
def test_a_list_is_pushed_when_it_was_quiet_or_has_waited_long_enough(
    session: Session, people: Cast, first: int, last: int, pushed: int
) -> None:
    age(session, first, last)

    request.request_debounced_push(session, people.announce.id, PACE)

    assert syncs(session) == pushed


def test_a_list_that_is_looked_at_too_early_is_looked_at_again_in_time(
    session: Session, people: Cast
) -> None:
    began = now()
    age(session, 10, 2)
    drain(session)

    request.request_debounced_push(session, people.announce.id, PACE)

    (entry,) = drain(session)
    assert entry.due_at
    rest = timedelta(minutes=3)
    assert began + rest <= entry.due_at <= now() + rest


def test_a_list_without_changes_is_not_pushed(
    session: Session, people: Cast, server: ListServer
) -> None:
    server.push(session, asked(session, people.announce))

    request.request_debounced_push(session, people.announce.id, PACE)

    assert syncs(session) == 1


def test_the_sweep_remembers_every_list_that_changed(session: Session, people: Cast) -> None:
    other = a_list(session, "other")
    subscribe(session, people.ada, other, actor=Actor(people.ada, Door.PORTAL))
    a_list(session, "quiet")
    age(session, 100, 100)

    request.request_due_pushes(session, PACE)

    lists = session.scalars(select(Sync.list_id).order_by(Sync.list_id)).all()
    assert lists == [people.announce.id, other.id]


def test_a_push_that_waits_is_enough(session: Session, people: Cast) -> None:
    asked(session, people.announce)

    asked(session, people.announce)

    assert syncs(session) == 1


def test_a_user_with_the_right_pushes_a_list_at_once(session: Session, people: Cast) -> None:
    request.push_now(session, people.announce, actor=Actor(people.barbara, Door.PORTAL))

    waiting = session.scalars(select(Sync)).one()
    assert waiting.state is SyncState.PENDING
    assert waiting.due_at <= now()


def test_a_push_by_hand_does_not_wait_for_its_delay(session: Session, people: Cast) -> None:
    waiting = asked(session, people.announce)
    waiting.postpone(now() + timedelta(hours=1))

    request.push_now(session, people.announce, actor=Actor(people.barbara, Door.PORTAL))

    assert waiting.due_at <= now()


def test_only_who_may_edit_lists_has_one_pushed(session: Session, people: Cast) -> None:
    with pytest.raises(Trespass):
        request.push_now(session, people.announce, actor=Actor(people.edsger, Door.PORTAL))

    assert syncs(session) == 0


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        ("2026-11-20T02:59+01:00", "2026-11-19T03:00+01:00"),
        ("2026-11-20T03:00+01:00", "2026-11-20T03:00+01:00"),
        ("2026-11-20T23:59+01:00", "2026-11-20T03:00+01:00"),
        # In the night in which clocks are put back, the day has 25 hours.
        ("2026-10-26T02:30+01:00", "2026-10-25T03:00+01:00"),
    ],
)
def test_the_night_begins_at_three(
    monkeypatch: pytest.MonkeyPatch, moment: str, night: str
) -> None:
    monkeypatch.setattr(request, "now", lambda: datetime.fromisoformat(moment).astimezone(UTC))

    assert request.last_night(ZoneInfo("Europe/Paris")) == datetime.fromisoformat(night)


def pushed_at(session: Session, people: Cast, server: ListServer, moment: datetime) -> None:
    """Push a list at this moment."""
    waiting = asked(session, people.announce)
    server.push(session, waiting)
    waiting.started_at = moment


def test_at_night_every_list_is_pushed(session: Session, people: Cast, server: ListServer) -> None:
    pushed_at(session, people, server, now() - timedelta(days=1))

    request.request_nightly_pushes(session, ZoneInfo("UTC"))

    assert syncs(session) == 2


def test_a_list_is_pushed_once_a_night(session: Session, people: Cast, server: ListServer) -> None:
    pushed_at(session, people, server, now())

    request.request_nightly_pushes(session, ZoneInfo("UTC"))

    assert syncs(session) == 1


def test_the_nightly_push_skips_a_list_that_was_never_pushed(
    session: Session, people: Cast
) -> None:
    asked(session, people.announce).started_at = now() - timedelta(days=2)

    request.request_nightly_pushes(session, ZoneInfo("UTC"))

    assert syncs(session) == 1
