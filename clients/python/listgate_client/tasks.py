"""Call Listgate by Celery tasks; needs the extra `celery`."""

import re
import time
from collections.abc import Mapping
from typing import Any, cast
from uuid import uuid4

from celery import Celery
from celery.exceptions import TimeoutError as TookTooLong
from kombu.exceptions import OperationalError
from redis import Redis, RedisError

from listgate_client.envelope import ENVELOPE, sign
from listgate_client.operation import A, Operation, given
from listgate_client.operations import Operations
from listgate_client.parcel import KEPT_FOR, parcel_id, split
from listgate_client.refusals import NoAnswer, Refused

# What Celery shows in the place of arguments.
HIDDEN = "…"

CONNECT_WITHIN = 5  # seconds

# What Celery and Redis raise where the broker is away; RuntimeError is Celery's for results.
LOST = (TookTooLong, OperationalError, RedisError, RuntimeError)


class Tasks(Operations):
    """Listgate, behind its broker."""

    def __init__(self, broker: str, token: str, *, timeout: float = 30) -> None:
        """Take the broker's URL (Redis or Valkey), the service's key, and seconds to wait."""
        self.token = token
        self.timeout = timeout
        self.redis = Redis.from_url(broker, socket_connect_timeout=CONNECT_WITHIN)
        self.celery = Celery("listgate_client", broker=broker, backend=broker, set_as_current=False)
        self.celery.conf.update(
            task_serializer="json",
            result_serializer="json",
            accept_content=["json"],
            result_backend_transport_options={"retry_policy": {"timeout": timeout}},
        )

    def __enter__(self) -> "Tasks":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.celery.close()
        self.redis.close()

    def perform(
        self, operation: Operation[A], required: Mapping[str, object], **optional: object
    ) -> A:
        """Send a signed task and return its answer."""
        whole = given(operation, required, optional)
        key = whole.get("idempotency_key")
        try:
            self.redis.ping()  # where it is away, Celery would look for it for a minute
            return cast(A, self.answer(operation.name, self.packed(operation, whole)))
        except LOST as missing:
            raise NoAnswer(f"{operation.name}: {missing}", idempotency_key=key) from missing

    def packed(self, operation: Operation[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Store the private arguments as a parcel, and return the others with its id."""
        public, content = split(operation, arguments)
        if content is not None:
            parcel = parcel_id(self.token, arguments.get("idempotency_key", str(uuid4())), content)
            self.redis.set(f"listgate:parcel:{parcel}", content, ex=KEPT_FOR)
            public["parcel"] = parcel
        return public

    def answer(self, name: str, arguments: dict[str, Any]) -> Any:
        """Return what the task returns; raise Refused."""
        task_id = str(uuid4())
        result = self.celery.send_task(
            name,
            kwargs=arguments,
            task_id=task_id,
            queue="moderation",
            headers={ENVELOPE: sign(self.token, (name, task_id, arguments), at=int(time.time()))},
            argsrepr=HIDDEN,
            kwargsrepr=HIDDEN,
        )
        answer = result.get(timeout=self.timeout, propagate=False)
        if isinstance(answer, Exception):
            raise Refused(code_of(answer), str(answer))
        return answer


def code_of(refusal: Exception) -> str:
    """Return the name of the refusal as HTTP has it: already_decided for AlreadyDecided."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(refusal).__name__).lower()
