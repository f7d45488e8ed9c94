"""`celery -A tests.faults.short_lanes worker`: each lane of a sendout ends after one batch."""

from workflows.celery import app
from workflows.sendout import lane

__all__ = ["app"]

lane.LANE_SECONDS = 0
