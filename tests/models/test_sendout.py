"""Rates, combined rules, and the end of a sendout with rules."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Invalid, Rate, SendoutRules, Span, Window
from models.sendout import MAX_SPAN
from tests.builders import Cast, a_draft

MORNING = Window(time(8), time(10))
NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
EIGHT = datetime(2027, 1, 31, 8, tzinfo=UTC)


def test_a_rate_out_of_bounds_is_refused(subtests: pytest.Subtests) -> None:
    for copies, minutes in [(0, 1), (1, 0), (-5, 1), (10**7 + 1, 1), (1, 1441)]:
        with (
            subtests.test(copies=copies),
            pytest.raises(Invalid, match="A rate is 1 to 10000000 copies in 1 to 1440 minutes"),
        ):
            Rate(copies, minutes)


RATES = st.none() | st.builds(Rate, st.integers(1, 1000), st.integers(1, 1440))


@given(RATES, RATES)
def test_two_rates_together_are_never_faster_than_either(
    one: Rate | None, other: Rate | None
) -> None:
    both = (SendoutRules(one) & SendoutRules(other)).rate

    for rate in filter(None, (one, other)):
        assert both is not None
        assert both.copies <= rate.copies
        assert both.minutes >= rate.minutes
    assert (both is None) is (one is None and other is None)


def test_a_span_that_makes_no_sense_is_refused(subtests: pytest.Subtests) -> None:
    for typed in ["0", "0h", f"{MAX_SPAN + 1}", "169h", "-5", "", "3d", "hm", "1hm"]:
        with (
            subtests.test(typed=typed),
            pytest.raises(Invalid, match=r"spread over 1 to 10080 minutes|like 180 or 3h"),
        ):
            Span.read(typed)


def test_a_span_is_written_in_minutes_or_hours() -> None:
    assert Span.read("180") == Span.read("180m") == Span.read("3h") == Span(180)


@given(st.integers(1, 10**6), st.integers(1, MAX_SPAN), RATES)
def test_a_span_is_as_slow_as_it_says_and_never_exceeds_the_rate(
    copies: int, minutes: int, rate: Rate | None
) -> None:
    pace = SendoutRules(rate, span=Span(minutes)).pace(copies)
    assert pace is not None

    periods, span = -(-copies // pace.copies), timedelta(minutes=minutes)
    rounding = periods * timedelta(microseconds=1)
    if rate is None:
        assert (periods - 1) * pace.period - rounding <= span <= periods * pace.period + rounding
    else:
        begun = -(-rate.pace.period // pace.period)  # periods in one of the rate
        assert pace.copies * begun <= rate.copies
        assert copies * pace.period + rounding >= span * pace.copies or pace == rate.pace


def test_of_two_spans_the_longer_is_in_force() -> None:
    both = SendoutRules(span=Span(60)) & SendoutRules(Rate(60, 1), span=Span(90))

    assert both == SendoutRules(Rate(60, 1), span=Span(90))


def test_a_span_counts_only_the_hours_in_which_the_window_is_open() -> None:
    rules = SendoutRules(windows=(MORNING,), span=Span(180))

    assert SendoutRules(span=Span(180)).end(EIGHT, 180, UTC) == EIGHT + timedelta(minutes=179)
    assert rules.end(EIGHT, 180, UTC) == EIGHT + timedelta(days=1, minutes=59)


def test_rules_together_are_open_when_both_are() -> None:
    day = SendoutRules(windows=(Window(time(9), time(20)),))

    assert (SendoutRules(windows=(MORNING,)) & day).windows == (Window(time(9), time(10)),)
    assert (SendoutRules() & day).windows == (day & SendoutRules()).windows == day.windows
    assert (SendoutRules() & SendoutRules()).windows is None


def test_windows_that_share_nothing_leave_no_time() -> None:
    evening = SendoutRules(windows=(Window(time(18), time(20)),))

    assert (SendoutRules(windows=(MORNING,)) & evening).leave_no_time
    assert not evening.leave_no_time
    assert not SendoutRules().leave_no_time


def test_the_last_period_begins_after_all_others() -> None:
    for rate, copies, lasts in [
        (Rate(60, 1), 60, timedelta(0)),
        (Rate(60, 1), 61, timedelta(minutes=1)),
        (Rate(60, 1), 12_000, timedelta(minutes=199)),
        (Rate(500, 30), 12_000, timedelta(minutes=23 * 30)),
        (Rate(1, 1440), 0, timedelta(0)),
    ]:
        assert SendoutRules(rate).end(NOON, copies, UTC) == NOON + lasts


def test_the_end_counts_the_time_between_windows() -> None:
    for rate, copies, end in [
        # Four periods fit into a morning.
        (Rate(100, 30), 400, "2027-01-31T09:30"),
        (Rate(100, 30), 401, "2027-02-01T08:00"),
        (Rate(100, 30), 1_200, "2027-02-02T09:30"),
        # Of two periods of 90 minutes, the second is cut short but begins.
        (Rate(100, 90), 300, "2027-02-01T08:00"),
        # A period longer than the window.
        (Rate(100, 600), 300, "2027-02-02T08:00"),
    ]:
        rules = SendoutRules(rate, (MORNING,))

        assert rules.end(EIGHT, copies, UTC) == datetime.fromisoformat(end).replace(tzinfo=UTC)


def test_a_sendout_at_noon_with_a_window_in_the_morning_begins_the_next_day() -> None:
    rules = SendoutRules(Rate(100, 30), (MORNING,))

    assert rules.end(NOON, 1, UTC) == EIGHT + timedelta(days=1)


@pytest.mark.parametrize("windows", [None, (MORNING,)])
def test_the_end_is_unknown_without_a_rate_or_after_a_year(
    windows: tuple[Window, ...] | None,
) -> None:
    assert SendoutRules(None, windows).end(NOON, 100, UTC) is None
    assert SendoutRules(Rate(1, 1440), windows).end(NOON, 10**6, UTC) is None


def test_a_year_is_counted_in_days_even_with_two_windows_a_day() -> None:
    rules = SendoutRules(Rate(1, 120), (MORNING, Window(time(18), time(20))))

    last = EIGHT + timedelta(days=299, hours=10)
    assert rules.end(EIGHT, 600, UTC) == last
    assert rules.end(EIGHT, 2 * 366 + 1, UTC) is None


def test_rules_are_stored_and_removed(session: Session, people: Cast) -> None:
    rules = SendoutRules(Rate(60, 1), (Window(time(22), time(6)),), Span(180))

    people.announce.sendout_rules = rules
    session.flush()
    session.expire(people.announce)
    assert people.announce.sendout_rules == rules

    people.announce.sendout_rules = SendoutRules()
    session.flush()
    session.expire(people.announce)
    assert people.announce.sendout_rules == SendoutRules()


@pytest.mark.parametrize("table", ["mailing_list", "message"])
def test_the_database_refuses_half_a_rule(session: Session, people: Cast, table: str) -> None:
    a_draft(session, people)

    for half in (
        "rate_copies = 1",
        "rate_minutes = 1",
        "rate_copies = 0, rate_minutes = 1",
        "window_opens = '08:00'",
        "window_closes = '08:00'",
        "window_opens = '08:00', window_closes = '08:00'",
        "span_minutes = 0",
    ):
        refused = pytest.raises(IntegrityError, match=f"{table}_{half.partition('_')[0]}_check")
        with refused, session.begin_nested():
            session.execute(text(f"update {table} set {half}"))
