"""When to try again to send a letter, a copy or a list: exponential backoff with jitter."""

from datetime import datetime, timedelta
from random import uniform

from models.clock import now

# An unavailable channel says nothing about the letter: try again at the next sweep, without limit.
UNAVAILABLE_DELAY = timedelta(seconds=15)

# After a day of inconclusive errors an SMS has failed and an e-mail replaces it, long before its
# request expires.  An e-mail has no replacement and waits for the relay.
SMS_FALLBACK_AFTER = timedelta(days=1)

# The delay doubles after each temporary refusal ("greylisting" wants a few minutes) ...
FIRST_DELAY = timedelta(seconds=30)
MAX_DELAY = timedelta(hours=1)

# ... and the letter has failed after about two days.  RFC 5321 (4.5.4.1) asks for 4 to 5 days, but
# a decision or a dated message that comes so late is of no use.
MAX_ATTEMPTS = 50


def next_attempt(attempts: int) -> datetime | None:
    """Return the time of the attempt after `attempts` refused ones, or None after the last."""
    return retry_at(attempts) if attempts < MAX_ATTEMPTS else None


def retry_at(attempts: int) -> datetime:
    """Return the time of the attempt after `attempts` failed ones, with 20 % jitter."""
    # The exponent is limited first: 2**50 s does not fit into a timedelta.
    delay: timedelta = min(FIRST_DELAY * 2 ** min(attempts - 1, 10), MAX_DELAY)
    return now() + delay * uniform(0.8, 1.2)  # noqa: S311 (not used for security)
