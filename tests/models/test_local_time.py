"""Local times: an offset counts; a time that clocks skip or show twice is refused."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from models import Invalid
from models.local_time import beginning_of, instant_of, is_shown_twice

PARIS = ZoneInfo("Europe/Paris")


def test_a_local_time_is_an_instant() -> None:
    for typed, instant in [
        ("2027-01-31T09:00", "2027-01-31T08:00Z"),
        ("2027-07-31T09:00", "2027-07-31T07:00Z"),
        ("2027-01-31T09:00-05:00", "2027-01-31T14:00Z"),
        ("2027-01-31T09:00Z", "2027-01-31T09:00Z"),
        # The night in which 02:00 is followed by 03:00.
        ("2027-03-28T01:59", "2027-03-28T00:59Z"),
        ("2027-03-28T03:00", "2027-03-28T01:00Z"),
        ("2027-03-28T02:30+01:00", "2027-03-28T01:30Z"),
        # The night in which 03:00 becomes 02:00.
        ("2027-10-31T01:59", "2027-10-30T23:59Z"),
        ("2027-10-31T03:00", "2027-10-31T02:00Z"),
        ("2027-10-31T02:30+01:00", "2027-10-31T01:30Z"),
    ]:
        assert instant_of(datetime.fromisoformat(typed), PARIS) == datetime.fromisoformat(instant)


def test_a_skipped_time_is_refused_with_its_neighbours(subtests: pytest.Subtests) -> None:
    for minute in ["00", "30", "59"]:
        with (
            subtests.test(minute=minute),
            pytest.raises(Invalid, match="skip this time") as refusal,
        ):
            instant_of(datetime.fromisoformat(f"2027-03-28T02:{minute}"), PARIS)

        assert f"Choose 2027-03-28 at 01:{minute}:00 CET" in str(refusal.value)
        assert f"or 2027-03-28 at 03:{minute}:00 CEST." in str(refusal.value)


def test_a_time_shown_twice_is_refused_until_it_is_said_which() -> None:
    typed = datetime.fromisoformat("2027-10-31T02:30")

    with pytest.raises(Invalid, match="show this time twice") as refusal:
        instant_of(typed, PARIS)
    both = [instant_of(typed, PARIS, fold=fold).astimezone(UTC) for fold in (0, 1)]

    assert "Choose 2027-10-31 at 02:30:00 CEST or 2027-10-31 at 02:30:00 CET." in str(refusal.value)
    assert [moment.hour for moment in both] == [0, 1]


def test_only_a_time_shown_twice_is_told_to_be() -> None:
    typed = [
        "10-31T01:59",
        "10-31T02:00",
        "10-31T02:59",
        "10-31T03:00",
        "03-28T02:30",
        "07-01T02:30",
    ]

    twice = [
        each
        for each in typed
        if is_shown_twice(datetime.fromisoformat(f"2027-{each}").replace(tzinfo=PARIS))
    ]

    assert twice == ["10-31T02:00", "10-31T02:59"]


@pytest.mark.parametrize(
    ("end", "zone"),
    [("0001-01-01T00:00", "Asia/Tokyo"), ("9999-12-31T23:59", "Pacific/Niue")],
)
def test_the_ends_of_the_calendar_are_refused(end: str, zone: str) -> None:
    with pytest.raises(Invalid, match="outside the calendar"):
        instant_of(datetime.fromisoformat(end), ZoneInfo(zone))


def test_a_day_begins_at_its_first_instant_even_if_clocks_skip_or_repeat_midnight() -> None:
    for day, zone, instant in (
        (date(2027, 1, 31), "Europe/Paris", datetime(2027, 1, 30, 23, tzinfo=UTC)),
        (date(2026, 4, 24), "Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)),  # at 1:00
        (date(2026, 11, 1), "America/Havana", datetime(2026, 11, 1, 4, tzinfo=UTC)),  # 0:00 twice
    ):
        assert beginning_of(day, ZoneInfo(zone)) == instant
