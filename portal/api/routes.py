"""The routes of the HTTP API: method and path of each operation."""

from dataclasses import dataclass, field
from functools import cached_property

from settings import settings
from workflows.public.call import Call
from workflows.public.declare import Operation
from workflows.public.operations import OPERATIONS

PREFIX = "/api/v1"

# Enough for 100,000 ids; a longer body is refused before it is read.
MAX_BODY = 2_000_000  # bytes
# Base64 takes a third more, and a message may have variants.
MAX_MESSAGE = 2 * settings.message_max_bytes
# A register of a million people.
MAX_REGISTER = 200_000_000

# A body tells these by themselves: the header, and what only a task has.
NOT_IN_BODY = {"idempotency_key", "parcel"}


@dataclass(frozen=True)
class Route:
    """Where an operation is found; names in braces are its arguments."""

    method: str
    path: str
    max_body: int = field(default=MAX_BODY, kw_only=True)
    # The argument that may be the whole body, as text/csv; the others are then a query.
    csv: str | None = field(default=None, kw_only=True)

    @cached_property
    def in_path(self) -> list[str]:
        """The names of the arguments in the path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return self.path.replace("{", "<").replace("}", ">")

    @property
    def has_body(self) -> bool:
        """Whether the other arguments are in a JSON body; those of GET and DELETE are a query."""
        return self.method not in {"GET", "DELETE"}


ROUTES = {
    "listgate.list_messages": Route("GET", "/messages"),
    "listgate.submit_message": Route("POST", "/messages", max_body=MAX_MESSAGE),
    "listgate.message_status": Route("GET", "/messages/{message_id}"),
    "listgate.request_approval": Route("POST", "/messages/{message_id}/approval-requests"),
    "listgate.recall": Route("POST", "/messages/{message_id}/recall"),
    "listgate.decide": Route("PUT", "/approval-requests/{request_id}/decision"),
    "listgate.withdraw": Route("POST", "/approval-requests/{request_id}/withdrawal"),
    "listgate.list_lists": Route("GET", "/lists"),
    "listgate.create_list": Route("POST", "/lists"),
    "listgate.list_status": Route("GET", "/lists/{list}"),
    "listgate.update_list": Route("PATCH", "/lists/{list}"),
    "listgate.assign_approvers": Route("PUT", "/lists/{list}/approvers"),
    "listgate.archive_list": Route("PUT", "/lists/{list}/archive"),
    "listgate.unarchive_list": Route("DELETE", "/lists/{list}/archive"),
    "listgate.push_list": Route("POST", "/lists/{list}/pushes"),
    "listgate.import_subscribers": Route("POST", "/lists/{list}/subscribers"),
    "listgate.subscribe": Route("PUT", "/lists/{list}/subscribers/{user_id}"),
    "listgate.unsubscribe": Route("DELETE", "/lists/{list}/subscribers/{user_id}"),
    "listgate.list_people": Route("GET", "/people"),
    "listgate.add_person": Route("POST", "/people"),
    "listgate.sync_people": Route("POST", "/people/sync", max_body=MAX_REGISTER, csv="csv"),
    "listgate.update_person": Route("PATCH", "/people/{user_id}"),
    "listgate.remove_user": Route("DELETE", "/people/{user_id}"),
    "listgate.change_address": Route("PUT", "/people/{user_id}/address"),
    "listgate.disable_person": Route("POST", "/people/{user_id}/disable"),
    "listgate.enable_person": Route("POST", "/people/{user_id}/enable"),
    "listgate.person_subscriptions": Route("GET", "/people/{user_id}/subscriptions"),
}


def routed() -> list[tuple[Operation, Route]]:
    """Return each operation with its route, in the order of the table."""
    return [(OPERATIONS[name], route) for name, route in ROUTES.items()]


def changes(operation: Operation) -> bool:
    """Whether the operation changes something, and so needs an idempotency key."""
    return issubclass(operation.arguments, Call)
