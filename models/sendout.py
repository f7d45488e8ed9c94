"""Sendout rules: a rate limit, an even spread, and daily windows in which copies may be sent."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo
from itertools import chain
from math import ceil
from typing import Self

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from models.refusals import Invalid
from models.windows import Window, closing, merged, opening, shared

# More members than any list has: a higher rate would limit nothing.
MAX_COPIES = 10_000_000

# One day, because windows are daily.
MAX_MINUTES = 24 * 60

# The longest span, one week, in minutes.
MAX_SPAN = 7 * MAX_MINUTES

# Bound on forecasts, in days.
MAX_DAYS = 366

MINUTE = timedelta(minutes=1)

# What is written in the place of a rate, a window or a span to remove it.
NONE = "none"


@dataclass(frozen=True)
class Pace:
    """What a rate limit or a span means for one sendout: at most `copies` in each `period`."""

    copies: int
    period: timedelta


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
    def pace(self) -> Pace:
        """The limit as a pace."""
        return Pace(self.copies, timedelta(minutes=self.minutes))

    def __str__(self) -> str:
        return f"{self.copies}/{self.minutes}"


@dataclass(frozen=True)
class Span:
    """A time over which the copies of a sendout are spread evenly; raises Invalid out of bounds.

    Hours in which the window is closed do not count.
    """

    minutes: int

    def __post_init__(self) -> None:
        if not 1 <= self.minutes <= MAX_SPAN:
            raise Invalid(
                "A sendout is spread over 1 to %(minutes)d minutes, a week at most.",
                minutes=MAX_SPAN,
            )

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse a span such as 180, 90m or 3h, or raise Invalid."""
        number = text.removesuffix("m").removesuffix("h")
        if not (number.isdecimal() and len(text) < 10) or text.endswith("hm"):
            raise Invalid("Write a span in minutes or hours, like 180 or 3h.")
        return cls(int(number) * (60 if text.endswith("h") else 1))

    def pace(self, copies: int, rate: Rate | None = None) -> Pace:
        """Return the pace for this number of copies, which satisfies `rate` as well.

        Of the two the slower is in force.  The period is about a minute, or longer for few copies.
        """
        parts, limit = 1, MAX_COPIES
        shortest = MINUTE
        if rate:
            limit, shortest = rate.copies, rate.pace.period
            if copies * shortest >= limit * self.length:
                return rate.pace
            # So many periods, each with its share of the limit, are one period of the rate.
            parts = min(rate.minutes, limit)
        least = shortest / parts
        share = max(1, min(ceil(copies * least / self.length), limit // parts))
        return Pace(share, max(least, self.length * share / max(copies, 1)))

    @property
    def length(self) -> timedelta:
        """The span as a timedelta."""
        return timedelta(minutes=self.minutes)

    def __str__(self) -> str:
        return str(self.minutes)


@dataclass(frozen=True)
class SendoutRules:
    """A rate limit, daily windows and a span, each optional.

    `windows` None means any time of day, an empty tuple never.  Windows that overlap are merged.
    """

    rate: Rate | None = None
    windows: tuple[Window, ...] | None = None
    span: Span | None = None

    def __post_init__(self) -> None:
        if self.windows is not None:
            object.__setattr__(self, "windows", merged(self.windows))

    def changed(
        self, *, rate: str | None = None, window: str | None = None, span: str | None = None
    ) -> "SendoutRules":
        """Return the rules with the given texts applied; `none` removes one.  Raises Invalid."""
        rules = self
        if rate is not None:
            rules = replace(rules, rate=None if rate == NONE else Rate.read(rate))
        if window is not None:
            rules = replace(rules, windows=None if window == NONE else (Window.read(window),))
        if span is not None:
            rules = replace(rules, span=None if span == NONE else Span.read(span))
        return rules

    def __and__(self, other: "SendoutRules") -> "SendoutRules":
        """Return rules that satisfy both.

        Of two rates, the fewer copies and the longer period are in force; of two spans, the longer.
        """
        rates = [rules.rate for rules in (self, other) if rules.rate]
        rate = Rate(min(r.copies for r in rates), max(r.minutes for r in rates)) if rates else None
        spans = [rules.span.minutes for rules in (self, other) if rules.span]
        span = Span(max(spans)) if spans else None
        if self.windows is None or other.windows is None:
            windows = other.windows if self.windows is None else self.windows
        else:
            both = [shared(one, two) for one in self.windows for two in other.windows]
            windows = tuple(chain.from_iterable(both))
        return SendoutRules(rate, windows, span)

    def pace(self, copies: int) -> Pace | None:
        """Return how fast a sendout of this many copies may be; None without rate and span."""
        if self.span:
            return self.span.pace(copies, self.rate)
        return self.rate.pace if self.rate else None

    @property
    def leave_no_time(self) -> bool:
        """Whether no copy could ever be sent."""
        return self.windows == ()

    def opening(self, moment: datetime, zone: tzinfo) -> datetime:
        """Return the first instant at or after `moment` at which a copy may be sent."""
        assert not self.leave_no_time, "rules that leave no time are refused when they are set"
        return moment if self.windows is None else opening(self.windows, moment, zone)

    def end(
        self, begins_at: datetime, copies: int, zone: tzinfo, *, of: int | None = None
    ) -> datetime | None:
        """Estimate when the last of `copies` is sent, if the first is sent at `begins_at`.

        `of` is the number of all copies of the sendout, if some were sent before.
        None without rate and span, and beyond MAX_DAYS.  A period that a closing window cuts short
        is not continued in the next one.
        """
        pace = self.pace(copies if of is None else of)
        if pace is None:
            return None
        periods, period = max(1, -(-copies // pace.copies)), pace.period
        moment = self.opening(begins_at, zone)
        while moment - begins_at < timedelta(days=MAX_DAYS):
            fit = max(1, timedelta(days=MAX_DAYS) // period)
            if self.windows is not None:
                room = closing(self.windows, moment, zone) - moment
                fit = min(fit, -(-room // period))
            if periods <= fit:
                return moment + (periods - 1) * period
            periods -= fit
            moment = self.opening(moment + fit * period, zone)
        return None


class Ruled:
    """A row with sendout rules of its own: a list, and a message within its list's rules."""

    rate_copies: Mapped[int | None]
    rate_minutes: Mapped[int | None]
    window_opens: Mapped[time | None]
    window_closes: Mapped[time | None]
    span_minutes: Mapped[int | None]

    @property
    def sendout_rules(self) -> SendoutRules:
        """The row's own rules."""
        rate = window = None
        if self.rate_copies is not None and self.rate_minutes is not None:
            rate = Rate(self.rate_copies, self.rate_minutes)
        if self.window_opens is not None and self.window_closes is not None:
            window = Window(self.window_opens, self.window_closes)
        span = Span(self.span_minutes) if self.span_minutes is not None else None
        return SendoutRules(rate, (window,) if window else None, span)

    @sendout_rules.setter
    def sendout_rules(self, rules: SendoutRules) -> None:
        (window,) = rules.windows or (None,)
        self.rate_copies = rules.rate.copies if rules.rate else None
        self.rate_minutes = rules.rate.minutes if rules.rate else None
        self.window_opens = window.opens if window else None
        self.window_closes = window.closes if window else None
        self.span_minutes = rules.span.minutes if rules.span else None


def checks() -> tuple[CheckConstraint, ...]:
    """Return the CHECKs of a table with sendout rules; a CHECK accepts NULL."""
    rate = f"rate_copies between 1 and {MAX_COPIES} and rate_minutes between 1 and {MAX_MINUTES}"
    return (
        CheckConstraint(f"num_nulls(rate_copies, rate_minutes) in (0, 2) and {rate}", name="rate"),
        CheckConstraint(
            "num_nulls(window_opens, window_closes) in (0, 2) and window_opens <> window_closes",
            name="window",
        ),
        CheckConstraint(f"span_minutes between 1 and {MAX_SPAN}", name="span"),
    )
