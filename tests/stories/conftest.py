"""Fixtures with real servers and a worker."""

from tests.faults.live import celery_worker_cluster, live, own_valkey
from tests.nodes import celery_backend_cluster, celery_broker_cluster
from tests.portal.doors import database_of_doors, doors, module_database, open_doors

__all__ = [
    "celery_backend_cluster",
    "celery_broker_cluster",
    "celery_worker_cluster",
    "database_of_doors",
    "doors",
    "live",
    "module_database",
    "open_doors",
    "own_valkey",
]
