"""A task that does nothing, for `celery worker --include benchmarks.no_work`."""

from workflows.celery import app


@app.task(name="benchmarks.nothing", ignore_result=False)
def nothing() -> None:
    """Do nothing; the caller waits for the result."""
