"""Page through lists, people and messages, from another service.

Drawn from workflows/public/listings.py by `make fix`.
"""

from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

from listgate_client.operation import Client, Operation
from listgate_client.operations.values import Language, ListKind, MessageState, SelfService


class ListedList(TypedDict):
    """A mailing list."""

    list: str
    name: str
    kind: ListKind
    self_service: SelfService
    archived: bool
    external_id: NotRequired[str]


class Lists(TypedDict):
    """A page of lists; `next` is the cursor of the next one."""

    items: Sequence[ListedList]
    next: NotRequired[str]


class ListedPerson(TypedDict):
    """A person; `external_id` is the service's own key."""

    user_id: int
    name: str
    address: NotRequired[str]
    language: Language
    disabled: bool
    external_id: NotRequired[str]


class People(TypedDict):
    """A page of people; `next` is the cursor of the next one."""

    items: Sequence[ListedPerson]
    next: NotRequired[str]


class ListedMessage(TypedDict):
    """A message."""

    message_id: int
    list: str
    author_id: int
    subject: str
    state: MessageState
    written_at: str
    send_at: NotRequired[str]


class Messages(TypedDict):
    """A page of messages; `next` is the cursor of the next one."""

    items: Sequence[ListedMessage]
    next: NotRequired[str]


LIST_LISTS: Operation[Lists] = Operation("listgate.list_lists", "GET", "/lists", writes=False)
LIST_PEOPLE: Operation[People] = Operation("listgate.list_people", "GET", "/people", writes=False)
LIST_MESSAGES: Operation[Messages] = Operation(
    "listgate.list_messages", "GET", "/messages", writes=False
)


class Listings(Client):
    """Page through lists, people and messages, from another service."""

    def list_lists(self, *, limit: int | None = None) -> Iterator[ListedList]:
        """List the mailing lists.

        `limit`: The most rows of the page
        """
        return self.every(LIST_LISTS, {}, limit=limit)

    def list_people(self, *, limit: int | None = None) -> Iterator[ListedPerson]:
        """List people, except those who were removed.

        `limit`: The most rows of the page
        """
        return self.every(LIST_PEOPLE, {}, limit=limit)

    def list_messages(
        self,
        *,
        limit: int | None = None,
        list: str | None = None,
        state: MessageState | None = None,
    ) -> Iterator[ListedMessage]:
        """List messages, except deleted ones.

        `limit`: The most rows of the page
        `list`: A list's short name, or `external:` and the service's own key
        `state`: Only messages in this state
        """
        return self.every(LIST_MESSAGES, {}, limit=limit, list=list, state=state)
