"""What each drawn method needs: the operation's name and route, and a way to call it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import uuid4

A = TypeVar("A")


@dataclass(frozen=True)
class Operation(Generic[A]):
    """Something that Listgate does or reads; its answer is an A."""

    name: str  # of the Celery task
    writes: bool = True
    # Arguments that no queue may show: a task has them in its parcel.
    private: tuple[str, ...] = ()
    # The parcel is the text of the one private argument; otherwise it is a JSON object.
    text: bool = False


class Client(ABC):
    """Calls operations."""

    @abstractmethod
    def perform(
        self, operation: Operation[A], required: Mapping[str, object], **optional: object
    ) -> A:
        """Return the answer to these arguments; an optional one that is None is left out.

        Raises Refused, and NoAnswer if it is unknown whether the call was done.
        """


def given(
    operation: Operation[Any], required: Mapping[str, object], optional: Mapping[str, object]
) -> dict[str, Any]:
    """Return the arguments as JSON takes them, with a new idempotency key if there is none."""
    optional = {name: value for name, value in optional.items() if value is not None}
    arguments = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in {**required, **optional}.items()
    }
    if operation.writes:
        arguments.setdefault("idempotency_key", str(uuid4()))
    return arguments
