"""A sendout follows its forecast."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from models import Actor, Door, Invalid, MessageState, Rate, SendoutRules, Window
from sandbox.mailbox import Mailbox
from tests.builders import LIMIT, Cast, a_dispatch, a_draft, an_eml, members
from tests.portal.web.statements import counted
from tests.workflows.sendout.clocks import NINE, Clock
from tests.workflows.sendout.ruled import DAY, NIGHT, Ruled, rate
from tests.workflows.sendout.sending import step
from workflows.messages.write import Draft, write
from workflows.queries.message_status import status_text
from workflows.sendout.forecast import plan, plan_start

TOKYO = ZoneInfo("Asia/Tokyo")


def test_without_rules_a_sendout_starts_at_once_and_its_end_is_unknown(
    session: Session, people: Cast, clock: Clock
) -> None:
    draft = a_draft(session, people)
    session.flush()

    with counted() as statements:
        foreseen = plan(session, draft, UTC)

    assert foreseen is not None
    assert (foreseen.begins_at, foreseen.waits) == (clock.moment, False)
    assert (foreseen.copies, foreseen.ends_at) == (None, None)
    assert statements() == 0


@pytest.mark.parametrize(
    ("send_at", "begins_at"),
    [
        (None, "2027-01-31T22:00+00:00"),
        ("2027-02-01T05:59+00:00", "2027-02-01T05:59+00:00"),
        ("2027-02-01T12:00+00:00", "2027-02-01T22:00+00:00"),
    ],
)
def test_it_begins_when_its_time_has_come_and_the_window_is_open(
    session: Session, people: Cast, clock: Clock, send_at: str | None, begins_at: str
) -> None:
    draft = a_draft(session, people)
    people.announce.sendout_rules = NIGHT
    draft.send_at = datetime.fromisoformat(send_at) if send_at else None

    foreseen = plan_start(draft, UTC)

    assert clock.moment == NINE
    assert (foreseen.begins_at, foreseen.waits) == (datetime.fromisoformat(begins_at), True)


def test_a_sendout_follows_its_forecast(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(SendoutRules(Rate(4, 60), (Window.read("08:00-11:00"),)), 22)
    clock.run(minutes=30)
    sending.postpone(clock.moment)
    foreseen = plan(session, sending.message, UTC, dispatch=sending)
    assert foreseen is not None

    while sending.message.state is not MessageState.SENT:
        clock.moment = max(clock.moment, sending.due_at)
        step(session, sending, mailbox)

    assert foreseen.begins_at == NINE + timedelta(minutes=30)
    assert foreseen.copies == len(mailbox.mails) == 22
    # At 9:30 and 10:30, the next day at 8, 9 and 10, and the day after that.
    assert foreseen.ends_at == clock.moment == NINE + timedelta(days=2, hours=-1)


def test_half_way_the_rest_is_foreseen(session: Session, clock: Clock, ruled: Ruled) -> None:
    sending = ruled(rate(4, 60))

    foreseen = plan(session, sending.message, UTC, dispatch=sending, copies=6)

    assert foreseen is not None
    assert foreseen.ends_at == clock.moment + timedelta(hours=1)


def test_the_forecast_of_a_draft_without_a_time_has_no_beginning(
    session: Session, people: Cast
) -> None:
    draft = a_draft(session, people)
    people.announce.sendout_rules = DAY
    draft.sendout_rules = SendoutRules(windows=(Window.read("20:00-08:00"),))

    foreseen = plan(session, draft, UTC)

    assert foreseen is not None
    assert (foreseen.begins_at, foreseen.waits) == (None, False)


def test_a_finished_sendout_has_no_forecast(
    session: Session, clock: Clock, ruled: Ruled, mailbox: Mailbox
) -> None:
    sending = ruled(rate(60, 1))
    for _ in range(2):
        step(session, sending, mailbox)

    assert sending.message.state is MessageState.SENT
    assert plan(session, sending.message, UTC, dispatch=sending) is None
    assert clock.moment == NINE


def test_the_command_line_prints_the_forecast(session: Session, people: Cast, clock: Clock) -> None:
    waiting = a_dispatch(session, people)
    people.announce.sendout_rules = NIGHT

    assert clock.moment == NINE
    ten = NINE.replace(hour=22).astimezone()
    assert status_text(session, waiting.message, UTC) == (
        f"is scheduled for {ten:%Y-%m-%d %H:%M:%S %Z}"
    )


def test_counting_recipients_is_for_rates_only(session: Session, people: Cast) -> None:
    members(session, people.announce, 8)
    people.announce.sendout_rules = rate(5, 1)

    foreseen = plan(session, a_draft(session, people), UTC)

    assert foreseen is not None
    assert foreseen.copies == 10


@pytest.mark.parametrize("windows", [None, (Window.read("23:00-22:59"),)])
def test_the_end_is_looked_for_of_every_sendout_whose_time_can_be_set(
    session: Session, people: Cast, windows: tuple[Window, ...] | None
) -> None:
    rules, ends = SendoutRules(Rate(1, 1440), windows), []
    for year in range(9990, 10000):
        when = datetime(year, 12, 30, tzinfo=UTC)
        with suppress(Invalid):
            draft = write(
                session,
                Draft(people.announce, an_eml()),
                actor=Actor(people.ada, Door.PORTAL),
                max_bytes=LIMIT,
                send_at=when,
                rules=rules,
            )
            ends += [plan(session, draft, TOKYO, copies=many) for many in (1, 366, 10_000_000)]

    assert len(ends) == 3 * 6


def test_a_late_sendout_keeps_the_time_at_which_it_was_due(
    session: Session, people: Cast, clock: Clock
) -> None:
    waiting = a_dispatch(session, people)
    due_at = waiting.due_at
    assert plan_start(waiting.message, UTC, waiting).late_since is None

    shown = set()
    for _ in range(3):
        clock.run(minutes=7)
        foreseen = plan(session, waiting.message, UTC, dispatch=waiting, copies=5)
        assert foreseen is not None
        shown.add((foreseen.due_at, foreseen.late_since, foreseen.ends_at))
        text = status_text(session, waiting.message, UTC)
        assert text.startswith("was due and is late since 2027-01-31 ")

    assert shown == {(due_at, due_at, None)}


def test_it_is_late_only_once_its_window_has_opened(
    session: Session, people: Cast, clock: Clock
) -> None:
    people.announce.sendout_rules = NIGHT
    waiting = a_dispatch(session, people)
    opens = plan_start(waiting.message, UTC, waiting).begins_at
    assert opens is not None

    clock.moment = opens
    assert plan_start(waiting.message, UTC, waiting).late_since is None
    clock.run(hours=10)

    foreseen = plan_start(waiting.message, UTC, waiting)
    assert (foreseen.due_at, foreseen.late_since) == (NINE, opens)
    assert foreseen.begins_at == opens + timedelta(days=1)
