"""Daily windows, as a clock on the wall tells them: when one is open, opens and closes."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Self

from models.refusals import Invalid

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Every day from `opens` on, until `closes`, which may be after midnight.

    Raises Invalid if these are the same: always and never would both be meant by it.
    """

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens == self.closes:
            raise Invalid("A window cannot open and close at the same time.")

    @classmethod
    def read(cls, text: str) -> Self:
        """A window as it is written, 22:00-06:00; raises Invalid for anything else."""
        opens, _, closes = text.partition("-")
        return cls(clock_of(opens), clock_of(closes))

    def __contains__(self, clock: time) -> bool:
        return ahead(self.opens, clock) < ahead(self.opens, self.closes)

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


def clock_of(text: str) -> time:
    """A time of the day as a clock shows it, 08:00; raises Invalid for anything else."""
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 (a clock has no zone)
    except ValueError:
        raise Invalid("A time of the day is written as in 08:00.") from None


def shared(one: Window, other: Window) -> tuple[Window, ...]:
    """When both are open: not at all, in one window, or, around midnight, in two."""
    begins = {each.opens for each in (one, other) if each.opens in one and each.opens in other}
    ends = (one.closes, other.closes)
    return tuple(
        Window(opens, min(ends, key=lambda closes, opens=opens: ahead(opens, closes)))  # type: ignore[misc]
        for opens in sorted(begins)
    )


def opening(windows: Sequence[Window], moment: datetime, zone: tzinfo) -> datetime:
    """The first moment, from this one on, at which one of the windows is open."""
    return turn(
        moment, zone, lambda clock: is_open(windows, clock), edges=[w.opens for w in windows]
    )


def closing(windows: Sequence[Window], moment: datetime, zone: tzinfo) -> datetime:
    """The first moment, from this one on, at which none of the windows is open."""
    return turn(
        moment, zone, lambda clock: not is_open(windows, clock), edges=[w.closes for w in windows]
    )


def is_open(windows: Iterable[Window], clock: time) -> bool:
    """Whether one of the windows is open when the clock shows this."""
    return any(clock in window for window in windows)


def turn(
    moment: datetime, zone: tzinfo, wanted: Callable[[time], bool], *, edges: Sequence[time]
) -> datetime:
    """The first moment, from this one on, at which the clock is as `wanted`.

    A clock that runs gets there at one of the `edges`.  One that is put forward or back may get
    there by that too, so the way is gone in steps, each up to the next change of clocks.
    """
    moment = moment.astimezone(UTC)
    while not wanted(clock := moment.astimezone(zone).time()):
        edge = moment + min(ahead(clock, each) for each in edges)
        moment = change_of_clocks(moment, edge, zone) or edge
    return moment


def change_of_clocks(after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """The moment at which the clocks of the zone are put forward or back, if that is in between."""

    def is_changed(second: int) -> bool:
        return datetime.fromtimestamp(second, zone).utcoffset() != before

    before = after.astimezone(zone).utcoffset()
    seconds = range(int(after.timestamp()) + 1, int(until.timestamp()) + 1)
    if not (seconds and is_changed(seconds[-1])):
        return None
    return datetime.fromtimestamp(seconds[bisect_left(seconds, True, key=is_changed)], UTC)


def ahead(clock: time, other: time) -> timedelta:
    """How long a clock runs from the one to the other, less than a day."""
    return (since_midnight(other) - since_midnight(clock)) % DAY


def since_midnight(clock: time) -> timedelta:
    """How long a clock runs from midnight."""
    return timedelta(
        hours=clock.hour,
        minutes=clock.minute,
        seconds=clock.second,
        microseconds=clock.microsecond,
    )
