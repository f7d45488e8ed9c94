"""The Celery app: what `celery -A workflows.celery` finds."""

import gc
import logging
from typing import Any

from celery import Celery, signals
from sqlalchemy.exc import SQLAlchemyError

from models.database import engine, machine_ahead
from settings import settings
from workflows import logs
from workflows.sync.command import missing_programs

# Seconds.  Below, NTP is at work; work is decided by the database's clock, but Celery compares
# ETAs and the limits of its tasks with this machine's.
TOLERATED_SKEW = 2
# Half the horizon of ETAs (models/outbox.py): with more, sendouts would be late.
MAX_SKEW = 30

app = Celery("listgate", include=["workflows.tasks"])
app.config_from_object("celeryconfig")


@signals.setup_logging.connect
def log_like_the_rest(**_: Any) -> None:
    """Configure logging as in every process, for Celery's own messages too."""
    logs.configure(settings.log_level, settings.log_format)


@signals.worker_process_init.connect
def forget_inherited_connections(**_: Any) -> None:
    """A forked child must not share its parent's connections to PostgreSQL."""
    engine.dispose(close=False)
    logging.getLogger(__name__).debug("child ready")


@signals.worker_process_init.connect
def look_for_garbage_seldom(**_: Any) -> None:
    """Have no collection look at imported code, nor, time and again, at the copies of a batch.

    The code takes 0.2 s each time; a batch has tens of thousands of objects, which are no garbage
    before it is recorded, and with Python's threshold of 700 they take a tenth of a sendout's time.
    """
    gc.freeze()
    gc.set_threshold(50_000)


@signals.worker_init.connect
def compare_clocks(**_: Any) -> None:
    """Log a skew of this machine's clock; refuse to start with one that means a wrong clock."""
    try:
        with engine.connect() as connection:
            ahead = machine_ahead(connection).total_seconds()
    except SQLAlchemyError:
        return  # tasks wait for the database, and each connection measures again
    if abs(ahead) > MAX_SKEW:
        raise SystemExit(
            f"This machine's clock differs by {abs(ahead):.0f} s from that of the database, and at "
            f"most {MAX_SKEW} s are allowed: synchronise both with NTP."
        )
    if abs(ahead) > TOLERATED_SKEW:
        log = logging.getLogger(__name__)
        log.warning("this machine's clock is ahead of the database's by %.1f s", ahead)


@signals.worker_init.connect
def look_for_programs(**_: Any) -> None:
    """Complain of programs that pushes need; the worker runs on, since all else needs none."""
    for each in missing_programs(settings.commands, settings.command_environment):
        logging.getLogger(__name__).error("%s: %s", each.problem, each.fix)
