"""Declare tasks for other services: arguments checked, each call answered once."""

from collections.abc import Callable
from typing import Any, TypeVar

from redis import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from models import Refusal
from workflows.celery import app
from workflows.public.contract import Answer, Call, once
from workflows.transaction import transaction

Arguments = TypeVar("Arguments", bound=Call)
PUBLIC: dict[str, type[Call]] = {}

# PostgreSQL, or the Redis where parcels lie.
AWAY = (InterfaceError, OperationalError, RedisError)


def public(
    name: str, arguments: type[Arguments]
) -> Callable[[Callable[[Session, Arguments], Answer]], Callable[..., Any]]:
    """Declare a task for other services: arguments checked, each call answered once."""
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
            # A refusal is an answer: its class and sentence are the result, and no traceback.
            throws=(Refusal,),
            # No row asks for this work yet, so no sweep would: while a server is away the call
            # itself must wait.  Each delay stays below the broker's visibility timeout.
            autoretry_for=AWAY,
            retry_backoff=True,
            retry_backoff_max=120,
            max_retries=None,
        )(answer)

    return declare
