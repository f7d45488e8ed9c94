"""A clock that a test sets, for sendouts and whatever they ask for the time."""

from datetime import UTC, datetime, timedelta

import pytest

from models import outbox
from notifications import retry
from tests.workflows.sendout import sending
from workflows.messages import drafts, write
from workflows.sendout import (
    claim,
    forecast,
    rate_limit,
    recipients,
    record,
    resume,
    rules,
    schedule,
    variants,
    winner,
)

NINE = datetime(2027, 1, 31, 9, tzinfo=UTC)

ASK_FOR_THE_TIME = (
    rate_limit,
    schedule,
    drafts,
    claim,
    record,
    forecast,
    rules,
    recipients,
    resume,
    variants,
    winner,
    retry,
    outbox,
    sending,
    write,
)


class Clock:
    """A clock that changes only when it is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
        self.moment = moment
        for module in ASK_FOR_THE_TIME:
            monkeypatch.setattr(module, "now", lambda: self.moment)

    def run(self, **time: int) -> None:
        """Advance by so many hours or minutes."""
        self.moment += timedelta(**time)
