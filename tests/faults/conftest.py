"""Fixtures with real servers and a worker."""

from tests.faults.live import celery_worker_cluster, live, own_valkey, short_lanes
from tests.faults.pushing import pushing
from tests.nodes import celery_backend_cluster, celery_broker_cluster

__all__ = [
    "celery_backend_cluster",
    "celery_broker_cluster",
    "celery_worker_cluster",
    "live",
    "own_valkey",
    "pushing",
    "short_lanes",
]
