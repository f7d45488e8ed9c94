"""Create, change, archive and push lists, and read their status, from another service.

Drawn from workflows/public/lists.py by `make fix`.
"""

from typing import NotRequired, TypedDict

from listgate_client.operation import Client, Operation
from listgate_client.operations.values import (
    FromField,
    Language,
    ListDelivery,
    ListKind,
    SelfService,
    SyncState,
    WhoMayAsk,
)


class ListChanged(TypedDict):
    """Whether something changed for a list."""

    list: str
    changed: bool


class Pushed(TypedDict):
    """A push that was requested."""

    list: str
    sync_id: int
    sync: SyncState


class Status(TypedDict):
    """The status of a list; `sync` is its unfinished push, or else the last one that succeeded."""

    list: str
    kind: ListKind
    archived: bool
    members: int
    approver_list: NotRequired[str]
    escalation_list: NotRequired[str]
    open_requests: int
    asking_to_join: int
    sync: NotRequired[SyncState]
    held: bool
    unpushed: int
    pushed_at: NotRequired[str]


CREATE_LIST: Operation[ListChanged] = Operation(
    "listgate.create_list", "POST", "/lists", private=("address", "description", "name")
)
UPDATE_LIST: Operation[ListChanged] = Operation(
    "listgate.update_list", "PATCH", "/lists/{list}", private=("address", "description", "name")
)
ARCHIVE_LIST: Operation[ListChanged] = Operation(
    "listgate.archive_list", "PUT", "/lists/{list}/archive"
)
UNARCHIVE_LIST: Operation[ListChanged] = Operation(
    "listgate.unarchive_list", "DELETE", "/lists/{list}/archive"
)
ASSIGN_APPROVERS: Operation[ListChanged] = Operation(
    "listgate.assign_approvers", "PUT", "/lists/{list}/approvers"
)
PUSH_LIST: Operation[Pushed] = Operation("listgate.push_list", "POST", "/lists/{list}/pushes")
LIST_STATUS: Operation[Status] = Operation(
    "listgate.list_status", "GET", "/lists/{list}", writes=False
)


class Lists(Client):
    """Create, change, archive and push lists, and read their status, from another service."""

    def create_list(
        self,
        *,
        short_name: str,
        address: str,
        name: str,
        description: str | None = None,
        external_id: str | None = None,
        kind: ListKind | None = None,
        delivery: ListDelivery | None = None,
        four_eyes: bool | None = None,
        second_person: bool | None = None,
        who_may_ask: WhoMayAsk | None = None,
        max_open_requests: int | None = None,
        self_service: SelfService | None = None,
        language: Language | None = None,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> ListChanged:
        """Create an empty list; a name, an address or a key that another list has is refused.

        `short_name`: Its name on the list server, which never changes
        `address`: Its address, to which people write
        `name`: Its name, for people
        `description`: What the list is for
        `external_id`: The service's own key for it
        `kind`: Who writes: one or a few to many, or members to each other
        `delivery`: A copy to each member, or one to the list's address
        `four_eyes`: Authors cannot approve their own messages
        `second_person`: Another person approves each message, also of people with Right 601
        `who_may_ask`: Who may write; null: as usual for the kind
        `max_open_requests`: Of one author, waiting at once; 0: no limit; null: the setting of this
            name
        `self_service`: Who decides who joins
        `language`: Of what is added to messages
        `by_id`: A user with Right 402; without it the service acts by itself
        """
        return self.perform(
            CREATE_LIST,
            {"short_name": short_name, "address": address, "name": name},
            description=description,
            external_id=external_id,
            kind=kind,
            delivery=delivery,
            four_eyes=four_eyes,
            second_person=second_person,
            who_may_ask=who_may_ask,
            max_open_requests=max_open_requests,
            self_service=self_service,
            language=language,
            by_id=by_id,
            idempotency_key=idempotency_key,
        )

    def update_list(
        self,
        *,
        list: str,
        address: str | None = None,
        name: str | None = None,
        description: str | None = None,
        external_id: str | None = None,
        kind: ListKind | None = None,
        delivery: ListDelivery | None = None,
        four_eyes: bool | None = None,
        second_person: bool | None = None,
        who_may_ask: WhoMayAsk | None = None,
        max_open_requests: int | None = None,
        self_service: SelfService | None = None,
        language: Language | None = None,
        personal: bool | None = None,
        unsubscribe_line: bool | None = None,
        from_field: FromField | None = None,
        rate: str | None = None,
        window: str | None = None,
        evenly: str | None = None,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> ListChanged:
        """Change a list; what is left out or null keeps its value.

        `list`: A list's short name, or `external:` and the service's own key
        `address`: Its address, to which people write
        `name`: Its name, for people
        `description`: What the list is for
        `external_id`: The service's own key for it from now on, in place of an earlier one
        `kind`: Who writes: one or a few to many, or members to each other
        `delivery`: A copy to each member, or one to the list's address
        `four_eyes`: Authors cannot approve their own messages
        `second_person`: Another person approves each message, also of people with Right 601
        `who_may_ask`: Who may write
        `max_open_requests`: Of one author, waiting at once; 0: no limit
        `self_service`: Who decides who joins
        `language`: Of what is added to messages
        `personal`: Each copy has its recipient's own link to unsubscribe
        `unsubscribe_line`: Show at the end of text and HTML how to unsubscribe
        `from_field`: Whose address recipients see
        `rate`: "500/30": at most 500 in 30 minutes; or "none"
        `window`: "22:00-06:00": only then, in the zone of TIME_ZONE; or "none"
        `evenly`: "3h": spread evenly over 3 hours, or "90m"; or "none"
        `by_id`: A user with Right 402, on the list for what its owners may change; without it the
            service acts by itself
        """
        return self.perform(
            UPDATE_LIST,
            {"list": list},
            address=address,
            name=name,
            description=description,
            external_id=external_id,
            kind=kind,
            delivery=delivery,
            four_eyes=four_eyes,
            second_person=second_person,
            who_may_ask=who_may_ask,
            max_open_requests=max_open_requests,
            self_service=self_service,
            language=language,
            personal=personal,
            unsubscribe_line=unsubscribe_line,
            from_field=from_field,
            rate=rate,
            window=window,
            evenly=evenly,
            by_id=by_id,
            idempotency_key=idempotency_key,
        )

    def archive_list(
        self, *, list: str, by_id: int | str | None = None, idempotency_key: str | None = None
    ) -> ListChanged:
        """Archive a list: it takes no messages and no members, and is not pushed.

        `list`: A list's short name, or `external:` and the service's own key
        `by_id`: A user with Right 402; without it the service acts by itself
        """
        return self.perform(
            ARCHIVE_LIST, {"list": list}, by_id=by_id, idempotency_key=idempotency_key
        )

    def unarchive_list(
        self, *, list: str, by_id: int | str | None = None, idempotency_key: str | None = None
    ) -> ListChanged:
        """Use an archived list again; it is pushed.

        `list`: A list's short name, or `external:` and the service's own key
        `by_id`: A user with Right 402; without it the service acts by itself
        """
        return self.perform(
            UNARCHIVE_LIST, {"list": list}, by_id=by_id, idempotency_key=idempotency_key
        )

    def assign_approvers(
        self,
        *,
        list: str,
        approver_list: str | None,
        escalation: bool | None = None,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> ListChanged:
        """Say who answers requests about messages to a list.

        `list`: A list's short name, or `external:` and the service's own key
        `approver_list`: The name of an approver list; null: none
        `escalation`: As the list's escalation list, which is asked if its approvers do not answer
        `by_id`: A user with Rights 402 and 2309 on the list; without it the service acts by itself
        """
        return self.perform(
            ASSIGN_APPROVERS,
            {"list": list, "approver_list": approver_list},
            escalation=escalation,
            by_id=by_id,
            idempotency_key=idempotency_key,
        )

    def push_list(
        self, *, list: str, by_id: int | str | None = None, idempotency_key: str | None = None
    ) -> Pushed:
        """Push a list to the list server at once, whether or not anything has changed.

        `list`: A list's short name, or `external:` and the service's own key
        `by_id`: In whose place the service acts; without it the service acts by itself
        """
        return self.perform(PUSH_LIST, {"list": list}, by_id=by_id, idempotency_key=idempotency_key)

    def list_status(self, *, list: str) -> Status:
        """Read the status of a list: its members, its pushes, and what waits for an answer.

        `list`: A list's short name, or `external:` and the service's own key
        """
        return self.perform(LIST_STATUS, {"list": list})
