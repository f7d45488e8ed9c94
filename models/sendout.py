"""Sendout rules: a rate limit and daily windows in which copies may be sent."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from itertools import chain
from typing import Self

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from models.refusals import Invalid
from models.windows import Window, closing, merged, opening, shared

# More members than any list has: a higher rate would limit nothing.
MAX_COPIES = 10_000_000

# One day, because windows are daily.
MAX_MINUTES = 24 * 60

# Bound on forecasts, in days, and so on the openings of windows in one.
MAX_DAYS = 366


@dataclass(frozen=True)
class Rate:
    """A rate limit: at most `copies` in a period of `minutes`; raises Invalid out of bounds.

    A period begins with its first copy.
    """

    copies: int
    minutes: int

    def __post_init__(self) -> None:
        if not (1 <= self.copies <= MAX_COPIES and 1 <= self.minutes <= MAX_MINUTES):
            raise Invalid(
                "A rate is 1 to %(copies)d copies in 1 to %(minutes)d minutes.",
                copies=MAX_COPIES,
                minutes=MAX_MINUTES,
            )

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse a rate such as 60/1, or raise Invalid."""
        copies, _, minutes = text.partition("/")
        if not (copies.isdecimal() and minutes.isdecimal() and len(text) < 20):
            raise Invalid("Write a rate like 500/30: 500 copies in 30 minutes.")
        return cls(int(copies), int(minutes))

    @property
    def period(self) -> timedelta:
        """The time in which copies are counted against the limit."""
        return timedelta(minutes=self.minutes)

    def __str__(self) -> str:
        return f"{self.copies}/{self.minutes}"


@dataclass(frozen=True)
class SendoutRules:
    """A rate limit and daily windows, each optional.

    `windows` None means any time of day, an empty tuple never.  Windows that overlap are merged.
    """

    rate: Rate | None = None
    windows: tuple[Window, ...] | None = None

    def __post_init__(self) -> None:
        if self.windows is not None:
            object.__setattr__(self, "windows", merged(self.windows))

    def __and__(self, other: "SendoutRules") -> "SendoutRules":
        """Return rules that satisfy both; of two rates, the fewer copies and the longer period."""
        rates = [rules.rate for rules in (self, other) if rules.rate]
        rate = Rate(min(r.copies for r in rates), max(r.minutes for r in rates)) if rates else None
        if self.windows is None or other.windows is None:
            return SendoutRules(rate, other.windows if self.windows is None else self.windows)
        both = [shared(one, two) for one in self.windows for two in other.windows]
        return SendoutRules(rate, tuple(chain.from_iterable(both)))

    @property
    def leave_no_time(self) -> bool:
        """Whether no copy could ever be sent."""
        return self.windows == ()

    def opening(self, moment: datetime, zone: tzinfo) -> datetime:
        """Return the first instant at or after `moment` at which a copy may be sent."""
        assert not self.leave_no_time, "rules that leave no time are refused when they are set"
        return moment if self.windows is None else opening(self.windows, moment, zone)

    def end(self, begins_at: datetime, copies: int, zone: tzinfo) -> datetime | None:
        """Estimate when the last of `copies` is sent, if the first is sent at `begins_at`.

        None without a rate, and beyond MAX_DAYS.  A period that a closing window cuts short is not
        continued in the next one.
        """
        if self.rate is None:
            return None
        periods, period = max(1, -(-copies // self.rate.copies)), self.rate.period
        moment = self.opening(begins_at, zone)
        for _ in range(MAX_DAYS):
            fit = MAX_DAYS * MAX_MINUTES // self.rate.minutes
            if self.windows is not None:
                room = closing(self.windows, moment, zone) - moment
                fit = min(fit, -(-room // period))
            if periods <= fit:
                return moment + (periods - 1) * period
            periods -= fit
            moment = self.opening(moment + fit * period, zone)
            if moment - begins_at >= timedelta(days=MAX_DAYS):
                return None
        return None


class Ruled:
    """A row with sendout rules of its own: a list, and a message within its list's rules."""

    rate_copies: Mapped[int | None]
    rate_minutes: Mapped[int | None]
    window_opens: Mapped[time | None]
    window_closes: Mapped[time | None]

    @property
    def sendout_rules(self) -> SendoutRules:
        """The row's own rules."""
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
    """Return the CHECKs of a table with sendout rules; a CHECK accepts NULL."""
    rate = f"rate_copies between 1 and {MAX_COPIES} and rate_minutes between 1 and {MAX_MINUTES}"
    return (
        CheckConstraint(f"num_nulls(rate_copies, rate_minutes) in (0, 2) and {rate}", name="rate"),
        CheckConstraint(
            "num_nulls(window_opens, window_closes) in (0, 2) and window_opens <> window_closes",
            name="window",
        ),
    )
