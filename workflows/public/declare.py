"""Declare tasks for other services: validated arguments, one effect per idempotency key."""

from collections.abc import Callable
from typing import Any, TypeVar

from celery.worker.request import Request
from redis import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from models import Refusal
from workflows.celery import app
from workflows.public.contract import Answer, Call, once
from workflows.transaction import transaction

Arguments = TypeVar("Arguments", bound=Call)
PUBLIC: dict[str, type[Call]] = {}

# PostgreSQL or Redis is unavailable.
UNAVAILABLE = (InterfaceError, OperationalError, RedisError)

# What events, `inspect` and debug logs show in the place of a call's arguments.
HIDDEN = "…"


class PublicRequest(Request):
    """A call whose arguments are shown nowhere, and whose refusal is no failure of the worker."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Callers may write free text into them.
        self._argsrepr = self._kwargsrepr = HIDDEN

    def info(self, safe: bool = False) -> Any:  # noqa: ARG002 (Celery's)
        """Return what `inspect` shows."""
        return super().info(safe=True)

    def on_failure(
        self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False
    ) -> None:
        """Report a refusal to Flower as done, so that a failure there is a fault (ADR 33)."""
        failure = getattr(exc_info.exception, "exc", exc_info.exception)
        refused = isinstance(failure, Refusal)
        super().on_failure(exc_info, send_failed_event and not refused, return_ok)
        if refused:
            self.send_event("task-succeeded", result=f"refused: {failure}", runtime=None)


def public(
    name: str, arguments: type[Arguments]
) -> Callable[[Callable[[Session, Arguments], Answer]], Callable[..., Any]]:
    """Declare a task; the decorated function gets a session and validated arguments."""
    PUBLIC[name] = arguments

    def declare(verb: Callable[[Session, Arguments], Answer]) -> Callable[..., Any]:
        def answer(*unnamed: Any, **given: Any) -> Answer:
            call = arguments.read(unnamed, given)
            with transaction() as session:
                return once(session, name, call, lambda: verb(session, call))

        answer.__doc__ = arguments.__doc__
        return app.task(
            name=name,
            ignore_result=False,
            Request=PublicRequest,
            # Celery logs a refusal without a traceback.
            throws=(Refusal,),
            # No row asks for this work yet, so the sweep cannot repeat it: the task itself retries.
            # Each delay stays below the broker's visibility timeout.
            autoretry_for=UNAVAILABLE,
            retry_backoff=True,
            retry_backoff_max=120,
            max_retries=None,
        )(answer)

    return declare
