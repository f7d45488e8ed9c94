"""Logging of every process: one event per line, JSON for machines or colours for people."""

import logging
from functools import cached_property
from importlib import import_module


class Lines(logging.Formatter):
    """Formats records; imports structlog when it is first needed."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form

    @cached_property
    def lines(self) -> logging.Formatter:
        """What does the work."""
        formatter: logging.Formatter = import_module("workflows.log_lines").formatter(self.form)
        return formatter

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return self.lines.format(record)


def configure(level: str, form: str) -> None:
    """Log to stderr from this level on, in the form of LOG_FORMAT; for servers, which may fork."""
    output = logging.StreamHandler()
    output.setFormatter(Lines(form).lines)
    logging.basicConfig(level=level, handlers=[output], force=True)


def configure_short_command(form: str) -> None:
    """Log warnings to stderr; structlog is not imported for a command that logs none."""
    output = logging.StreamHandler()
    output.setFormatter(Lines(form))
    logging.basicConfig(level="WARNING", handlers=[output], force=True)
