"""Declare what other services can do: validated arguments, one effect per idempotency key.

Each operation is a Celery task of its name and a route of the HTTP API (portal/api/routes.py);
both call `Operation.perform`.  Some are a route only.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

from celery import Task
from celery.worker.request import Request
from redis import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from models import Invalid, Refusal, Scope
from models.services import act_as
from notifications.letters.keys import Keys
from settings import settings
from workflows.celery import app
from workflows.public.call import Answer, Arguments, Call, parcel_id, require_public, unpacked
from workflows.public.caller import Caller
from workflows.public.claim_check import content
from workflows.public.idempotency import once
from workflows.services.authenticate import ENVELOPE, key_of_envelope
from workflows.transaction import transaction

Act = Callable[[Session, Caller, Any], Answer]

# PostgreSQL or Redis is unavailable.
UNAVAILABLE = (InterfaceError, OperationalError, RedisError)

# What events, `inspect` and debug logs show in the place of a call's arguments.
HIDDEN = "…"
# A match begins where a word does, so that the time is linear in the length of the sentence.
ADDRESS = re.compile(r"""(?<![^\s'"<>,;:])@*[^\s'"<>,;:@]+@[^\s'"<>,;:]+""")


@dataclass(frozen=True)
class Operation:
    """Something that another service can do or read."""

    name: str
    scope: Scope
    arguments: type[Arguments]
    answer: type[Answer]
    act: Act

    def perform(self, session: Session, caller: Caller, given: dict[str, Any]) -> dict[str, Any]:
        """Return the answer, as JSON, to the arguments that JSON has given.

        Raises Invalid for arguments, Trespass for a scope that the caller lacks, and the refusals
        of the operation.
        """
        act_as(session, caller.service)
        caller.require(self.scope)

        def answer() -> dict[str, Any]:
            parcel = parcel_id(given)
            whole = unpacked(self.arguments, given, content(parcel)) if parcel else given
            answered = self.act(session, caller, self.arguments.read(whole))
            return answered.model_dump(mode="json", exclude_none=True)

        if not issubclass(self.arguments, Call):
            return answer()
        return once(session, self.name, given, answer, service_id=caller.service_id)


# Tasks and routes, and routes only.
PUBLIC: dict[str, Operation] = {}
HTTP_ONLY: dict[str, Operation] = {}


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


def public(name: str, scope: Scope) -> Callable[[Act], Operation]:
    """Declare an operation by a function; its annotations are the arguments and the answer."""

    def declare(act: Act) -> Operation:
        operation = PUBLIC[name] = operation_of(name, scope, act)
        declare_task(operation)
        return operation

    return declare


def http_only(name: str, scope: Scope) -> Callable[[Act], Operation]:
    """Declare an operation that is no task: everyone who watches a queue reads its answers."""

    def declare(act: Act) -> Operation:
        operation = HTTP_ONLY[name] = operation_of(name, scope, act)
        return operation

    return declare


def operation_of(name: str, scope: Scope, act: Act) -> Operation:
    """Return the operation that a function does."""
    hints = get_type_hints(act)
    return Operation(name, scope, hints["call"], hints["return"], act)


def declare_task(operation: Operation) -> None:
    """Make the operation a Celery task."""

    def answer(task: Task[Any, Any], *unnamed: Any, **given: Any) -> dict[str, Any]:
        if unnamed:
            raise Invalid("Pass every argument by name.")
        try:
            require_public(operation.arguments, given)
            with transaction() as session:
                return operation.perform(session, caller_of(session, task, given), given)
        except Refusal as refusal:
            raise without_addresses(refusal) from None

    answer.__doc__ = operation.arguments.__doc__
    app.task(
        bind=True,
        name=operation.name,
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


def without_addresses(refusal: Refusal) -> Refusal:
    """Return the refusal with … for each address, such as one that a caller gave as a list's name.

    The result of a task, Flower and the log show its sentence.
    """
    sentence = ADDRESS.sub(HIDDEN, str(refusal))
    return refusal if sentence == str(refusal) else type(refusal)(sentence)


def caller_of(session: Session, task: Task[Any, Any], given: dict[str, Any]) -> Caller:
    """Return the service that signed the call; raise NotAuthenticated.

    Where SERVICES_OPEN is true a call needs no signature, but a wrong one is refused.
    """
    envelope = task.request.get(ENVELOPE)
    if envelope is None and settings.services_open:
        return Caller()
    call = (str(task.name), str(task.request.id), given)
    return Caller(key_of_envelope(session, envelope, call, Keys.from_settings(settings)))
