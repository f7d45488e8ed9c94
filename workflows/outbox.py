"""Publish what a transaction asked for; models/outbox.py explains the outbox.

Nothing is lost with the broker: the rows are committed, and the sweep publishes them again.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from itertools import compress

import redis
from kombu import Connection
from kombu.exceptions import KombuError
from kombu.pools import producers

from models import Dispatch, EventDelivery, InboundMail, MailingList, Notification, Sync
from models.base import Base
from models.clock import now
from models.outbox import OutboxEntry
from settings import settings
from workflows.celery import app
from workflows.redis_client import redis_client

log = logging.getLogger(__name__)

# The task that does the work; its one argument is the row's id.
TASKS: dict[type[Base], str] = {
    Notification: "letters.deliver_notification",
    Dispatch: "sendout.send_dispatch",
    InboundMail: "moderation.handle_mail",
    Sync: "sync.push",
    EventDelivery: "events.deliver_webhook",
    MailingList: "sync.open_sync",
}

# Transport options: a page waits for the publication, so an unavailable broker costs it a second.
PUBLISH_OPTIONS = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}


def publish(entries: Sequence[OutboxEntry]) -> None:
    """Send one task per entry, in one pipelined batch; warn if the broker is unavailable."""
    due = [entry for entry in entries if not entry.debounced]
    due += debounce([entry for entry in entries if entry.debounced])
    if not due:
        return
    options = {**app.conf.broker_transport_options, **PUBLISH_OPTIONS}
    try:
        with (
            producers[Connection(app.conf.broker_url, transport_options=options)].acquire(
                block=True, timeout=1
            ) as producer,
            producer.batch(max_size=500),
        ):
            for entry in due:
                app.send_task(
                    TASKS[entry.kind],
                    args=[entry.row_id],
                    eta=entry.due_at if entry.due_at and entry.due_at > now() else None,
                    producer=producer,
                    ignore_result=True,  # or the result backend would be asked first
                )
    except KombuError:
        warn(due)


def debounce(entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
    """Return the entries for which no task is waiting, with their times.

    A key in Redis, which lasts until the task is due, says that one is waiting.  An entry that has
    a time of its own is published in any case.
    """
    if not (entries and settings.maillists_enabled):
        return []
    moment = now()
    due_at = [entry.due_at or moment + settings.sync_quiet for entry in entries]
    try:
        with redis_client.pipeline(transaction=False) as pipeline:
            for entry, instant in zip(entries, due_at, strict=True):
                lasts = max(instant - moment, timedelta(milliseconds=1))
                pipeline.set(waiting_key(entry), 1, nx=entry.due_at is None, px=lasts)
            first = pipeline.execute()
    except redis.RedisError:
        warn(entries)
        return []
    timed = [entry._replace(due_at=at) for entry, at in zip(entries, due_at, strict=True)]
    return list(compress(timed, first))


def another_waits(queue: str) -> bool:
    """Whether a task waits in this queue; False if the broker is unavailable."""
    try:
        return bool(redis_client.llen(queue))
    except redis.RedisError:
        return False


def waiting_key(entry: OutboxEntry) -> str:
    """Return the key in Redis that says that the task of `entry` is waiting."""
    return f"listgate:waiting:{TASKS[entry.kind]}:{entry.row_id}"


def warn(entries: Sequence[OutboxEntry]) -> None:
    """Log that these entries were not published."""
    log.warning("broker unavailable, the sweep will publish again", extra={"entries": len(entries)})
