"""Reject messages that are no tasks; they would end Celery's worker, and then the next one.

Celery and kombu 5.7 raise TypeError and the like for a message without a body or an envelope.  A
worker that ends gives the message back to the queue, so one message would end every worker.
"""

import logging
from collections.abc import Callable
from itertools import count
from queue import Empty
from typing import Any, Final

from celery.worker.consumer import consumer
from kombu.transport import redis

log = logging.getLogger(__name__)

# Raised by kombu and Celery for a message of the wrong shape, not for a lost connection.
WRONG_SHAPE: Final = (AttributeError, LookupError, TypeError, ValueError)

# What is logged in the place of Celery's sentences, which quote the whole message.
EVENTS: Final = {
    vars(consumer)[name]: event
    for name, event in (
        ("UNKNOWN_TASK_ERROR", "unknown task rejected"),
        ("UNKNOWN_FORMAT", "unknown message rejected"),
        ("INVALID_TASK_ERROR", "invalid task rejected"),
        ("MESSAGE_DECODE_ERROR", "unreadable message rejected"),
    )
}

numbers = count(1)


def report(failure: Exception) -> None:
    """Log and count a message that is rejected, without its content."""
    log.error(
        "malformed message rejected",
        extra={"error": type(failure).__name__, "number": next(numbers)},
    )


class Channel(redis.Channel):
    """A channel that drops what is not JSON."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]
        except ValueError as failure:
            report(failure)
            raise Empty from None


class Transport(redis.Transport):
    """A transport that drops JSON that is no message; celeryconfig's `broker_transport`."""

    Channel = Channel

    def _deliver(self, message: Any, queue: str | None) -> None:
        try:
            super()._deliver(message, queue)
        except WRONG_SHAPE as failure:
            report(failure)


class WithoutContent(logging.Filter):
    """Takes out of Celery's log the content of messages that it rejects, which may be private."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record."""
        if event := EVENTS.get(str(record.msg)):
            record.msg, record.args, record.exc_info = event, None, None
        return True


WITHOUT_CONTENT = WithoutContent()


class Consumer(consumer.Consumer):
    """A consumer that rejects a message that is no task; celeryconfig's `worker_consumer`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        logging.getLogger(consumer.__name__).addFilter(WITHOUT_CONTENT)
        worker: Any = options["controller"]
        process, release = worker._process_task, worker._quick_release  # noqa: SLF001

        def process_or_reject(request: Any) -> None:
            """Hand a request to the pool; a place in the pool that it does not need is free again.

            Celery 5.7 does not free it, so that after as many such messages nothing would run.
            """
            try:
                process(request)
            except WRONG_SHAPE as failure:
                report(failure)
                request.reject()
                release()

        worker._process_task = process_or_reject  # noqa: SLF001

    def create_task_handler(self, *arguments: Any, **options: Any) -> Callable[[Any], None]:
        """Return the function that hands a message to the pool."""
        handle = super().create_task_handler(*arguments, **options)

        def handle_or_reject(message: Any) -> None:
            try:
                handle(message)
            except WRONG_SHAPE as failure:
                report(failure)
                message.reject_log_error(log, self.connection_errors)  # type: ignore[attr-defined]

        return handle_or_reject
