"""When to try again what a channel did not take."""

from datetime import datetime, timedelta
from random import uniform

from models.clock import now

# A relay that is away says nothing about the letter: ask again at the next sweep, for ever.
AWAY = timedelta(seconds=15)

# What breaks the channel each time may be at fault itself.  An e-mail has no other way to go and is
# kept; an SMS becomes one, long before a request expires.
UNHEARD = timedelta(days=1)

# A letter that is refused for now waits longer each time ("greylisting" wants a few minutes) ...
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=1)

# ... and is given up after about two days: the time RFC 5321 (4.5.4.1) asks for is 4 to 5 days, but
# a decision or a dated message that comes so late is of no use.
ATTEMPTS = 50


def next_attempt(attempts: int) -> datetime | None:
    """The time of the next attempt after `attempts` refused ones, jittered; None to give up."""
    return later(attempts) if attempts < ATTEMPTS else None


def later(attempts: int) -> datetime:
    """The time of the next attempt after `attempts` failed ones, jittered."""
    # The power is bounded before it is taken: 2**50 s is no timedelta.
    delay: timedelta = min(FIRST_DELAY * 2 ** min(attempts - 1, 10), LONGEST_DELAY)
    return now() + delay * uniform(0.8, 1.2)  # noqa: S311 (no secret depends on it)
