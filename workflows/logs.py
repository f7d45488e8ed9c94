"""Logging of every process: one event per line, JSON for machines or colours for people."""

import logging
from typing import Any

import structlog

BEFORE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


# Without the local variables: there are addresses, texts and passwords among them.
TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure(level: str, form: str) -> None:
    """Send structlog's events and the standard library's records through one formatter."""
    structlog.configure(
        processors=[*BEFORE, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    output = logging.StreamHandler()
    output.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=BEFORE, processors=endings(form))
    )
    logging.basicConfig(level=level, handlers=[output], force=True)


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
