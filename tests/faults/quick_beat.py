"""Beat as in production, but with a shorter interval: `celery -A tests.faults.quick_beat beat`."""

from workflows.celery import app

__all__ = ["app"]

app.conf.beat_schedule["sweep"]["schedule"] = 0.5
