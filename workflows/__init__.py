"""The verbs: what happens, in order; the Celery app and its tasks."""
