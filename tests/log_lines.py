"""What Listgate logs: its lines, and the events of one module."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from workflows import logs

Lines = Callable[[], list[str]]


@pytest.fixture
def configure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[str, str], Lines]]:
    """Configure logging for one test; return a function that returns the lines logged since."""
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    root.handlers.clear()  # pytest's own, which come back below
    # The mailbox is in this process, but not part of Listgate.
    monkeypatch.setattr(logging.getLogger("mail.log"), "disabled", True)

    def lines() -> list[str]:
        return capsys.readouterr().err.splitlines()

    def begin(level: str, form: str) -> Lines:
        logs.configure(level, form)
        return lines

    yield begin
    root.handlers[:] = before[1]
    root.setLevel(before[0])


class Events(logging.Handler):
    """The levels and events of one logger, while it is open."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Remember it, as in `warning: broker unavailable`."""
        self.seen.append(f"{record.levelname.lower()}: {record.getMessage()}")


@contextmanager
def events_of(module: str) -> Iterator[list[str]]:
    """Collect what one module logs."""
    events = Events()
    logging.getLogger(module).addHandler(events)
    try:
        yield events.seen
    finally:
        logging.getLogger(module).removeHandler(events)
