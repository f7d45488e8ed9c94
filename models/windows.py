"""Daily time windows in local time: when one is open, opens and closes."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Self

from models.refusals import Invalid

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Every day from `opens` until `closes`, which may be after midnight.

    Raises Invalid if they are equal, which could mean always or never.
    """

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens == self.closes:
            raise Invalid("A window cannot open and close at the same time.")

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse a window such as 22:00-06:00, or raise Invalid."""
        opens, _, closes = text.partition("-")
        return cls(clock_of(opens), clock_of(closes))

    def __contains__(self, clock: time) -> bool:
        return ahead(self.opens, clock) < ahead(self.opens, self.closes)

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


def clock_of(text: str) -> time:
    """Parse a time of day such as 08:00, or raise Invalid."""
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 (a clock has no zone)
    except ValueError:
        raise Invalid("Write a time of day like 08:00.") from None


def shared(one: Window, other: Window) -> tuple[Window, ...]:
    """Return the windows in which both are open: none, one, or two around midnight."""
    begins = {each.opens for each in (one, other) if each.opens in one and each.opens in other}
    ends = (one.closes, other.closes)
    return tuple(
        Window(opens, min(ends, key=lambda closes, opens=opens: ahead(opens, closes)))  # type: ignore[misc]
        for opens in sorted(begins)
    )


def merged(windows: Sequence[Window]) -> tuple[Window, ...] | None:
    """Return the windows without overlaps, in order; None if together they cover the day."""
    edges = sorted({edge for each in windows for edge in (each.opens, each.closes)})
    changes = [
        edge
        for before, edge in zip(edges[-1:] + edges[:-1], edges, strict=True)
        if is_open(windows, edge) is not is_open(windows, before)
    ]
    if edges and not changes:
        return None
    # Openings and closings take turns; a window around midnight begins with the last of them.
    opens = [edge for edge in changes if is_open(windows, edge)]
    closes = [edge for edge in changes if not is_open(windows, edge)]
    if opens and closes[0] < opens[0]:
        closes = closes[1:] + closes[:1]
    return tuple(map(Window, opens, closes))


def opening(windows: Sequence[Window], moment: datetime, zone: tzinfo) -> datetime:
    """Return the first instant at or after `moment` at which one of the windows is open.

    Raises ValueError for no windows.
    """
    return turn(
        moment, zone, lambda clock: is_open(windows, clock), edges=[w.opens for w in windows]
    )


def closing(windows: Sequence[Window], moment: datetime, zone: tzinfo) -> datetime:
    """Return the first instant at or after `moment` at which none of the windows is open.

    Raises ValueError for windows that together cover the day.
    """
    return turn(
        moment, zone, lambda clock: not is_open(windows, clock), edges=[w.closes for w in windows]
    )


def is_open(windows: Iterable[Window], clock: time) -> bool:
    """Whether one of the windows is open at this local time."""
    return any(clock in window for window in windows)


def turn(
    moment: datetime, zone: tzinfo, wanted: Callable[[time], bool], *, edges: Sequence[time]
) -> datetime:
    """Return the first instant at or after `moment` whose local time is `wanted`.

    That is at one of the `edges`, or where the UTC offset of the zone changes; so each step goes
    to the next of these.  Raises ValueError if none of the edges is wanted: it would never come.
    """
    if not any(map(wanted, edges)):
        raise ValueError("These windows never open, or never close.")
    moment = moment.astimezone(UTC)
    while not wanted(clock := moment.astimezone(zone).time()):
        edge = moment + min(ahead(clock, each) for each in edges)
        moment = offset_change(moment, edge, zone) or edge
    return moment


def offset_change(after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """Return the instant in between at which the UTC offset of the zone changes, or None."""

    def is_changed(second: int) -> bool:
        return datetime.fromtimestamp(second, zone).utcoffset() != before

    before = after.astimezone(zone).utcoffset()
    seconds = range(int(after.timestamp()) + 1, int(until.timestamp()) + 1)
    if not (seconds and is_changed(seconds[-1])):
        return None
    return datetime.fromtimestamp(seconds[bisect_left(seconds, True, key=is_changed)], UTC)


def ahead(clock: time, other: time) -> timedelta:
    """Return the time from one time of day to the next other one; less than a day."""
    return (since_midnight(other) - since_midnight(clock)) % DAY


def since_midnight(clock: time) -> timedelta:
    """Return the time since midnight."""
    return timedelta(
        hours=clock.hour,
        minutes=clock.minute,
        seconds=clock.second,
        microseconds=clock.microsecond,
    )
