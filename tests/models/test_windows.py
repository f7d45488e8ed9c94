"""Daily windows in every zone, also where its UTC offset changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models import Invalid, Rate, SendoutRules, Window
from models.windows import closing, is_open, merged, opening, shared

MINUTE = timedelta(minutes=1)

# Among them: changes by half an hour, at midnight and by a day; odd offsets.
ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Paris",
        "America/New_York",
        "America/Santiago",
        "Africa/Cairo",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
    ]
).map(ZoneInfo)
CLOCKS = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
EDGES = st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] != pair[1])
WINDOWS = EDGES.map(lambda pair: Window(*pair))


def between(since: str, until: str) -> st.SearchStrategy[datetime]:
    """Moments, to the microsecond."""
    first, last = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, until))
    return st.timedeltas(timedelta(0), last - first).map(lambda later: first + later)


# Nights in which the offset of these zones changes, and the day that Samoa skipped.
MOMENTS = st.one_of(
    between("2027-01-01", "2027-12-31"),
    between("2027-03-27T20:00", "2027-03-28T04:00"),
    between("2027-10-30T20:00", "2027-10-31T04:00"),
    between("2011-12-29", "2011-12-31"),
)

PARIS = ZoneInfo("Europe/Paris")


def a_window(text: str) -> Window:
    """Return a window as in "22:00-06:00"."""
    opens, closes = map(time.fromisoformat, text.split("-"))
    return Window(opens, closes)


def at(text: str, fold: int = 0) -> datetime:
    """The instant of a local time in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(UTC)


def minutes(since: datetime, until: datetime) -> Iterator[datetime]:
    """The whole minutes from the first instant up to the second, exclusive."""
    moment = since if since == since.replace(second=0, microsecond=0) else since + MINUTE
    moment = moment.replace(second=0, microsecond=0)
    while moment < until:
        yield moment
        moment += MINUTE


def shows(moment: datetime, zone: ZoneInfo) -> time:
    return moment.astimezone(zone).time()


@given(window=WINDOWS, moment=MOMENTS, zone=ZONES)
@example(a_window("02:15-02:45"), at("2027-03-28T01:30"), PARIS)
@example(a_window("02:30-03:30"), at("2027-10-31T02:50"), PARIS)
def test_no_minute_is_missed_at_which_a_window_is_open(
    window: Window, moment: datetime, zone: ZoneInfo
) -> None:
    opens_at = opening([window], moment, zone)

    assert opens_at >= moment
    assert opens_at - moment <= timedelta(hours=49)
    assert shows(opens_at, zone) in window
    assert not any(shows(minute, zone) in window for minute in minutes(moment, opens_at))


@given(window=WINDOWS, moment=MOMENTS, zone=ZONES)
def test_a_window_that_is_open_closes_at_the_first_minute_at_which_it_is_not(
    window: Window, moment: datetime, zone: ZoneInfo
) -> None:
    closes_at = closing([window], moment, zone)

    assert closes_at >= moment
    assert shows(closes_at, zone) not in window
    assert all(shows(minute, zone) in window for minute in minutes(moment, closes_at))


@given(one=WINDOWS, other=WINDOWS, clock=CLOCKS)
def test_two_windows_share_just_when_both_are_open(one: Window, other: Window, clock: time) -> None:
    both = shared(one, other)

    assert is_open(both, clock) is (clock in one and clock in other)
    assert both == shared(other, one)


def test_a_window_opens_in_local_time() -> None:
    for window, moment, opens_at in [
        ("08:00-20:00", "2027-01-31T12:00", "2027-01-31T12:00"),
        ("08:00-20:00", "2027-01-31T07:59:59", "2027-01-31T08:00"),
        ("08:00-20:00", "2027-01-31T20:00", "2027-02-01T08:00"),
        ("22:00-06:00", "2027-01-31T05:59", "2027-01-31T05:59"),
        ("22:00-06:00", "2027-01-31T06:00", "2027-01-31T22:00"),
        ("22:00-06:00", "2027-01-31T23:00", "2027-01-31T23:00"),
        # The night in which 02:00 is followed by 03:00 ...
        ("02:30-05:00", "2027-03-28T01:00", "2027-03-28T03:00"),
        ("03:30-05:00", "2027-03-28T01:00", "2027-03-28T03:30"),
        ("08:00-20:00", "2027-03-27T21:00", "2027-03-28T08:00"),
        # ... has no window that lies between them.
        ("02:15-02:45", "2027-03-28T01:00", "2027-03-29T02:15"),
        # The night in which 03:00 becomes 02:00.
        ("08:00-20:00", "2027-10-30T21:00", "2027-10-31T08:00"),
    ]:
        assert opening([a_window(window)], at(moment), PARIS) == at(opens_at)


def test_in_a_repeated_hour_a_window_opens_twice() -> None:
    window = a_window("02:15-02:45")

    first = opening([window], at("2027-10-31T01:00"), PARIS)
    closed = closing([window], first, PARIS)
    second = opening([window], closed, PARIS)

    assert first == at("2027-10-31T02:15", fold=0)
    assert closed == at("2027-10-31T02:45", fold=0)
    assert second == at("2027-10-31T02:15", fold=1)


def test_two_windows_share_none_or_one_or_two_windows() -> None:
    for one, other, both in [
        ("08:00-20:00", "10:00-12:00", ["10:00-12:00"]),
        ("08:00-20:00", "07:00-09:00", ["08:00-09:00"]),
        ("08:00-20:00", "20:00-08:00", []),
        ("22:00-06:00", "05:00-23:00", ["05:00-06:00", "22:00-23:00"]),
        ("22:00-06:00", "23:00-01:00", ["23:00-01:00"]),
    ]:
        assert [str(each) for each in shared(a_window(one), a_window(other))] == both


def test_a_window_that_opens_when_it_closes_is_refused() -> None:
    with pytest.raises(Invalid, match="cannot open and close at the same time"):
        a_window("08:00-08:00")


@given(windows=st.lists(WINDOWS, max_size=5), clock=CLOCKS)
@example([a_window("08:00-20:00"), a_window("20:00-08:00")], time(8))
@example([a_window("22:00-06:00"), a_window("05:00-07:00")], time(6))
@example([a_window("08:00-12:00"), a_window("12:00-14:00")], time(12))
def test_merged_windows_are_open_when_one_of_them_is(windows: list[Window], clock: time) -> None:
    merged_windows = merged(windows)

    if merged_windows is None:
        assert is_open(windows, clock)
    else:
        assert is_open(merged_windows, clock) is is_open(windows, clock)
        assert sum(clock in each for each in merged_windows) <= 1
        assert merged(merged_windows) == merged_windows


def test_windows_that_cover_the_day_mean_any_time() -> None:
    all_day = (a_window("08:00-20:00"), a_window("19:00-09:00"))

    rules = SendoutRules(Rate(1, 1), all_day)

    assert rules.windows is None
    assert rules.end(at("2027-01-31T12:00"), 2, PARIS) == at("2027-01-31T12:01")
    with pytest.raises(ValueError, match="never close"):
        closing(all_day, at("2027-01-31T12:00"), PARIS)


def test_no_window_never_opens() -> None:
    with pytest.raises(ValueError, match="never open"):
        opening([], at("2027-01-31T12:00"), PARIS)
