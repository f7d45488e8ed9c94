"""Local times that people type, and the instants that they mean."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from models.refusals import Invalid


def instant_of(typed: datetime, zone: ZoneInfo, *, fold: int | None = None) -> datetime:
    """Return the instant at which clocks in `zone` show `typed`, in that zone; an offset counts.

    Of a time that clocks show twice, `fold` (PEP 495) tells which: 0 is the first.  Raises Invalid
    for such a time without `fold`, and for one that clocks skip.
    """
    if typed.tzinfo is not None:
        return in_utc(typed)
    # For a skipped time, the offset before the change gives one after it, and the other way round.
    former, latter = (in_utc(typed.replace(tzinfo=zone, fold=either)) for either in (0, 1))
    if former > latter:
        raise Invalid(
            "Clocks are put forward then, and skip this time. Choose %(earlier)s or %(later)s.",
            earlier=latter.astimezone(zone),
            later=former.astimezone(zone),
        )
    if former < latter and fold is None:
        raise Invalid(
            "Clocks are put back then, and show this time twice. Choose %(first)s or %(second)s.",
            first=former.astimezone(zone),
            second=latter.astimezone(zone),
        )
    return (latter if fold else former).astimezone(zone)


def beginning_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of the day in `zone`, even if clocks skip or repeat midnight."""
    return in_utc(datetime.combine(day, time(), zone))


def is_shown_twice(moment: datetime) -> bool:
    """Whether clocks in the zone of `moment` show its local time twice."""
    offsets = [moment.replace(fold=either).utcoffset() for either in (0, 1)]
    instant = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return offsets[0] != offsets[1] and instant.replace(tzinfo=None) == moment.replace(tzinfo=None)


def in_utc(moment: datetime) -> datetime:
    """Return the moment in UTC; raises Invalid at the ends of the calendar."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Invalid("The send time is outside the calendar.") from None
