"""A fixture that captures what Listgate logs."""

import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

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
    structlog.reset_defaults()
