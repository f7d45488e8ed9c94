"""The Celery app: what `celery -A workflows.celery` finds."""

import logging
from typing import Any

from celery import Celery, signals

from models.database import engine
from settings import settings
from workflows import logs
from workflows.sync.command import missing_programs

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


@signals.worker_init.connect
def look_for_programs(**_: Any) -> None:
    """Complain of programs that pushes need; the worker runs on, since all else needs none."""
    for each in missing_programs(settings.commands, settings.command_environment):
        logging.getLogger(__name__).error("%s: %s", each.problem, each.fix)
