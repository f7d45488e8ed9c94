"""`celery -A tests.faults.crashing_worker worker`: a worker that dies at a point of a call."""

from tests.faults.crashing import install
from workflows.celery import app

__all__ = ["app"]

install()
