"""Local times that people type, and the instants that they mean."""

from datetime import UTC, datetime, tzinfo

from models.refusals import Invalid


def instant_of(typed: datetime, zone: tzinfo) -> datetime:
    """Return the instant, in UTC, at which clocks in `zone` show `typed`; an offset in it counts.

    Of an hour that clocks repeat, the first counts.  Raises Invalid for a time that they skip.
    """
    if typed.tzinfo is not None:
        return in_utc(typed)
    first, second = (in_utc(typed.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) == typed:
        return first
    # For a skipped time, the offset before the change gives one after it, and the other way round.
    raise Invalid(
        "Clocks are put forward then, and skip this time. Choose %(earlier)s or %(later)s.",
        earlier=second.astimezone(zone),
        later=first.astimezone(zone),
    )


def in_utc(moment: datetime) -> datetime:
    """Return the moment in UTC; raises Invalid at the ends of the calendar."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Invalid("The send time is outside the calendar.") from None
