"""Subscribe and unsubscribe people, from another service.

Drawn from workflows/public/subscriptions.py by `make fix`.
"""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from listgate_client.operation import Client, Operation


class Changed(TypedDict):
    """Whether something changed for a user; `asked` is there if the owners of a list were asked."""

    user_id: int
    changed: bool
    asked: NotRequired[bool]


class Imported(TypedDict):
    """How many people have joined a list."""

    list: str
    joined: int


class Membership(TypedDict):
    """A list that a person is on; a suspended member gets no copies until a person resumes it."""

    list: str
    since: str
    suspended_at: NotRequired[str]


class Memberships(TypedDict):
    """The lists of a person."""

    user_id: int
    disabled: bool
    lists: Sequence[Membership]
    asks_to_join: Sequence[str]


SUBSCRIBE: Operation[Changed] = Operation(
    "listgate.subscribe", "PUT", "/lists/{list}/subscribers/{user_id}"
)
UNSUBSCRIBE: Operation[Changed] = Operation(
    "listgate.unsubscribe", "DELETE", "/lists/{list}/subscribers/{user_id}"
)
IMPORT_SUBSCRIBERS: Operation[Imported] = Operation(
    "listgate.import_subscribers", "POST", "/lists/{list}/subscribers"
)
PERSON_SUBSCRIPTIONS: Operation[Memberships] = Operation(
    "listgate.person_subscriptions", "GET", "/people/{user_id}/subscriptions", writes=False
)


class Subscriptions(Client):
    """Subscribe and unsubscribe people, from another service."""

    def subscribe(
        self,
        *,
        user_id: int | str,
        list: str,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Changed:
        """Put a user on a list; a user who joins a list on request by themselves asks its owners.

        Then the result is `"changed": false, "asked": true`, and the owners answer later.

        `user_id`: Who joins
        `list`: A list's short name, or `external:` and the service's own key
        `by_id`: The user, unless the list is closed, or one with Right 402 on it; without it the
            service acts by itself
        """
        return self.perform(
            SUBSCRIBE,
            {"user_id": user_id, "list": list},
            by_id=by_id,
            idempotency_key=idempotency_key,
        )

    def unsubscribe(
        self,
        *,
        user_id: int | str,
        list: str,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Changed:
        """Take a user off a list.

        `user_id`: Who leaves
        `list`: A list's short name, or `external:` and the service's own key
        `by_id`: The user, unless the list is closed, or one with Right 402 on it; without it the
            service acts by itself
        """
        return self.perform(
            UNSUBSCRIBE,
            {"user_id": user_id, "list": list},
            by_id=by_id,
            idempotency_key=idempotency_key,
        )

    def import_subscribers(
        self,
        *,
        list: str,
        user_ids: Sequence[int | str],
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Imported:
        """Put many users on a list, all or none; one push follows.

        `list`: A list's short name, or `external:` and the service's own key
        `user_ids`: Who joins, up to 100,000, by id or by `external:` and the service's own key; who
            is on it stays on it
        `by_id`: In whose place the service acts; without it the service acts by itself
        """
        return self.perform(
            IMPORT_SUBSCRIBERS,
            {"list": list, "user_ids": user_ids},
            by_id=by_id,
            idempotency_key=idempotency_key,
        )

    def person_subscriptions(self, *, user_id: int | str) -> Memberships:
        """Read which lists a person is on, and which they ask to join.

        `user_id`: The person
        """
        return self.perform(PERSON_SUBSCRIPTIONS, {"user_id": user_id})
