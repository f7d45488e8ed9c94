"""How a log record becomes a line."""

import logging
from typing import Any

import structlog

# What our events give in `extra`.  No other attribute of a record is logged: Celery's records have
# the arguments of tasks.
FIELDS = (
    "address",
    "dispatch",
    "entries",
    "error",
    "mail",
    "notification",
    "number",
    "page",
    "reason",
    "template",
)

BEFORE: list[Any] = [
    structlog.stdlib.ExtraAdder(FIELDS),
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# Without the local variables: there are addresses, texts and passwords among them.
TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def formatter(form: str) -> logging.Formatter:
    """Return the formatter for LOG_FORMAT."""
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=BEFORE, processors=endings(form))


def endings(form: str) -> list[Any]:
    """The last steps of every line."""
    forget = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if form == "console":
        return [
            forget,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
    return [
        forget,
        TRACEBACKS,
        structlog.processors.JSONRenderer(),
    ]
