"""Sendouts with rules, and claims of their copies."""

from collections.abc import Callable
from datetime import UTC

from sqlalchemy.orm import Session

from models import Dispatch, Rate, SendoutRules, Window
from workflows.sendout.claim import claim_batch

DAY = SendoutRules(windows=(Window.read("08:00-20:00"),))
NIGHT = SendoutRules(windows=(Window.read("22:00-06:00"),))

# The fixture `ruled`: begin a sendout with these rules, to so many.
Ruled = Callable[..., Dispatch]


def rate(copies: int, minutes: int) -> SendoutRules:
    """Rules without a window."""
    return SendoutRules(Rate(copies, minutes))


def claimed(session: Session, sending: Dispatch) -> int:
    """Return the size of the batch that a task claims now; clocks show UTC."""
    return len(claim_batch(session, sending, UTC))
