"""The time, in one place where a test can set it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, with its zone."""
    return datetime.now(UTC)
