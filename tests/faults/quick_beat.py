"""Beat as in production, in a greater hurry: `celery -A tests.faults.quick_beat beat`."""

from workflows.celery import app

__all__ = ["app"]

app.conf.beat_schedule["sweep"]["schedule"] = 0.5
