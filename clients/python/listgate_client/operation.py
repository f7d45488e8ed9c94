"""What each drawn method needs: the operation's name and route, and a way to call it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import uuid4

A = TypeVar("A")


@dataclass(frozen=True)
class Operation(Generic[A]):
    """Something that Listgate does or reads; its answer is an A."""

    name: str  # of the Celery task
    # Of the HTTP API; the path is below /api/v1, and {names} in it are arguments.
    method: str
    path: str
    writes: bool = True
    # Arguments that no queue may show: a task has them in its parcel.
    private: tuple[str, ...] = ()
    # The parcel is the text of the one private argument; otherwise it is a JSON object.
    text: bool = False


class Client(ABC):
    """Calls operations, by task or by HTTP."""

    @abstractmethod
    def perform(
        self, operation: Operation[A], required: Mapping[str, object], **optional: object
    ) -> A:
        """Return the answer to these arguments; an optional one that is None is left out.

        Raises Refused, and NoAnswer if it is unknown whether the call was done.
        """

    def every(
        self, operation: Operation[Any], required: Mapping[str, object], **optional: object
    ) -> Iterator[Any]:
        """Yield the items of every page."""
        page = self.perform(operation, required, **optional)
        yield from page["items"]
        while cursor := page.get("next"):
            page = self.perform(operation, required, **optional, cursor=cursor)
            yield from page["items"]


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
