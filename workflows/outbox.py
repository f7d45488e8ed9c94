"""Ring for work that was committed: tell a queue which row, or which list, to look at.

A bell that nobody hears loses nothing: the sweep rings again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import compress
from typing import NamedTuple

import redis
import structlog
from kombu import Connection
from kombu.exceptions import KombuError
from kombu.pools import producers

from models.clock import now
from settings import settings
from workflows.celery import app
from workflows.redis_client import redis_client

log = structlog.get_logger()

# A page waits for its bell: a broker that does not answer within a second is not waited for.
BELL_PATIENCE = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}


class Bell(NamedTuple):
    """What to ring: a task, the id of the row it is for, and when it is due."""

    task: str
    row_id: int
    due_at: datetime


def ring(bells: Sequence[Bell]) -> None:
    """Publish all in one pipelined batch; a broker that is away costs a second, not the work."""
    if not bells:
        return
    options = {**app.conf.broker_transport_options, **BELL_PATIENCE}
    try:
        with (
            producers[Connection(app.conf.broker_url, transport_options=options)].acquire(
                block=True, timeout=1
            ) as producer,
            producer.batch(max_size=500),
        ):
            for bell in bells:
                eta = bell.due_at if bell.due_at > now() else None
                app.send_task(
                    bell.task,
                    args=[bell.row_id],
                    eta=eta,
                    producer=producer,
                    ignore_result=True,  # or the result backend would be asked first
                )
    except KombuError:
        log.warning("bells not heard, the sweep will ring again", bells=len(bells))


def ring_for_lists(lists: Mapping[int, datetime | None]) -> None:
    """Ring once per list and quiet period, however many changes come: Redis remembers the ring.

    `lists` tells when to ring for each; None stands for the end of a quiet period from now, unless
    a bell will ring anyhow.
    """
    if not (lists and settings.maillists_enabled):
        return
    moment = now()
    due = {list_id: due_at or moment + settings.sync_quiet for list_id, due_at in lists.items()}
    try:
        with redis_client.pipeline(transaction=False) as pipeline:
            for list_id, due_at in due.items():
                lasts = max(due_at - moment, timedelta(milliseconds=1))
                pipeline.set(rung(list_id), 1, nx=lists[list_id] is None, px=lasts)
            first = pipeline.execute()
    except redis.RedisError:
        log.warning("bells not heard, the sweep will ring again", bells=len(lists))
        return
    bells = [Bell("sync.open_sync", list_id, due_at) for list_id, due_at in due.items()]
    ring(list(compress(bells, first)))


def rung(list_id: int) -> str:
    """Where Redis remembers that a bell for this list will ring."""
    return f"listgate:rung:{list_id}"
