"""The rules of a sendout: at which rate, and in which daily window, copies may leave."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from itertools import chain
from typing import Self

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from models.refusals import Invalid
from models.windows import Window, closing, opening, shared

# More than any list has members; a rate beyond it would limit nothing.
MOST_COPIES = 10_000_000

# The windows are daily, so a longer period than a day would not be understood beside them.
MOST_MINUTES = 24 * 60

# What would take longer nobody plans; it ends "in more than a year".
LONGEST = 366  # days, so at most as many openings


@dataclass(frozen=True)
class Rate:
    """At most so many copies in a period of so many minutes; raises Invalid out of bounds.

    A period begins with its first copy.
    """

    copies: int
    minutes: int

    def __post_init__(self) -> None:
        if not (1 <= self.copies <= MOST_COPIES and 1 <= self.minutes <= MOST_MINUTES):
            raise Invalid(
                "A rate is of 1 to %(copies)d copies in 1 to %(minutes)d minutes.",
                copies=MOST_COPIES,
                minutes=MOST_MINUTES,
            )

    @classmethod
    def read(cls, text: str) -> Self:
        """A rate as it is written, 60/1; raises Invalid for anything else."""
        copies, _, minutes = text.partition("/")
        if not (copies.isdecimal() and minutes.isdecimal() and len(text) < 20):
            raise Invalid("A rate is written as in 500/30: so many copies in so many minutes.")
        return cls(int(copies), int(minutes))

    @property
    def period(self) -> timedelta:
        """How long the copies of one period are counted."""
        return timedelta(minutes=self.minutes)

    def __str__(self) -> str:
        return f"{self.copies}/{self.minutes}"


@dataclass(frozen=True)
class SendoutRules:
    """A rate and daily windows, or neither: as fast as the relay takes the copies, at any time.

    No `windows` (None) is at any time; an empty tuple of them would be never.
    """

    rate: Rate | None = None
    windows: tuple[Window, ...] | None = None

    def __and__(self, other: "SendoutRules") -> "SendoutRules":
        """What keeps both: of the rates the fewer copies and the longer period."""
        rates = [rules.rate for rules in (self, other) if rules.rate]
        rate = Rate(min(r.copies for r in rates), max(r.minutes for r in rates)) if rates else None
        if self.windows is None or other.windows is None:
            return SendoutRules(rate, other.windows if self.windows is None else self.windows)
        both = [shared(one, two) for one in self.windows for two in other.windows]
        return SendoutRules(rate, tuple(chain.from_iterable(both)))

    @property
    def leave_no_time(self) -> bool:
        """Whether nothing could ever go out."""
        return self.windows == ()

    def opening(self, moment: datetime, zone: tzinfo) -> datetime:
        """The first moment, from this one on, at which a copy may leave."""
        assert not self.leave_no_time, "rules that leave no time are refused when they are set"
        return moment if self.windows is None else opening(self.windows, moment, zone)

    def end(self, begins_at: datetime, copies: int, zone: tzinfo) -> datetime | None:
        """About when the last of so many copies leaves; None if no rule tells, or in a year.

        The first leaves at `begins_at`.  Of a period that a window cuts off, the rest is lost.
        """
        if self.rate is None:
            return None
        periods, period = max(1, -(-copies // self.rate.copies)), self.rate.period
        moment = self.opening(begins_at, zone)
        for _ in range(LONGEST):
            fit = LONGEST * MOST_MINUTES // self.rate.minutes
            if self.windows is not None:
                room = closing(self.windows, moment, zone) - moment
                fit = min(fit, -(-room // period))
            if periods <= fit:
                return moment + (periods - 1) * period
            periods -= fit
            moment = self.opening(moment + fit * period, zone)
            if moment - begins_at >= timedelta(days=LONGEST):
                return None
        return None


class Ruled:
    """Whatever has sendout rules of its own: a list, and a message within those of its list."""

    rate_copies: Mapped[int | None]
    rate_minutes: Mapped[int | None]
    window_opens: Mapped[time | None]
    window_closes: Mapped[time | None]

    @property
    def sendout_rules(self) -> SendoutRules:
        """The own rules."""
        rate = window = None
        if self.rate_copies is not None and self.rate_minutes is not None:
            rate = Rate(self.rate_copies, self.rate_minutes)
        if self.window_opens is not None and self.window_closes is not None:
            window = Window(self.window_opens, self.window_closes)
        return SendoutRules(rate, (window,) if window else None)

    @sendout_rules.setter
    def sendout_rules(self, rules: SendoutRules) -> None:
        (window,) = rules.windows or (None,)
        self.rate_copies = rules.rate.copies if rules.rate else None
        self.rate_minutes = rules.rate.minutes if rules.rate else None
        self.window_opens = window.opens if window else None
        self.window_closes = window.closes if window else None


def checks() -> tuple[CheckConstraint, ...]:
    """What the database itself asks of the rules in a table; a CHECK lets pass what is unknown."""
    rate = f"rate_copies between 1 and {MOST_COPIES} and rate_minutes between 1 and {MOST_MINUTES}"
    return (
        CheckConstraint(f"num_nulls(rate_copies, rate_minutes) in (0, 2) and {rate}", name="rate"),
        CheckConstraint(
            "num_nulls(window_opens, window_closes) in (0, 2) and window_opens <> window_closes",
            name="window",
        ),
    )
