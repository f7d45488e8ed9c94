"""Write, submit and recall a message, and read its status, from another service.

Drawn from workflows/public/messages.py by `make fix`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NotRequired, TypedDict

from listgate_client.operation import Client, Operation
from listgate_client.operations.moderation import States
from listgate_client.operations.values import (
    DispatchState,
    Door,
    MessageState,
    RequestState,
    ShareUnit,
    TextFormat,
    Verdict,
)


class Variant(TypedDict):
    """Another version of a message, which this share of the list gets."""

    raw_base64: NotRequired[str]
    subject: NotRequired[str]
    text: NotRequired[str]
    text_format: NotRequired[TextFormat]
    html: NotRequired[str]
    share: int


class Submitted(TypedDict):
    """A message that was written, and the request about it if approvers were asked."""

    message_id: int
    message: MessageState
    request_id: NotRequired[int]
    request: NotRequired[RequestState]
    variant_ids: NotRequired[Mapping[str, int]]


class DecisionStatus(TypedDict):
    """An answer to a request; its comment may be private, and is left out."""

    verdict: Verdict
    approver_id: int
    for_id: NotRequired[int]
    via: Door
    decided_at: str


class SendoutStatus(TypedDict):
    """The newest sendout of a message; `deliveries` are the numbers of copies by state."""

    state: DispatchState
    due_at: str
    recipients: NotRequired[int]
    deliveries: Mapping[str, int]


class Status(TypedDict):
    """The status of a message; its subject may be private, and is left out."""

    message_id: int
    message: MessageState
    request_id: NotRequired[int]
    request: NotRequired[RequestState]
    list: str
    author_id: int
    written_at: str
    send_at: NotRequired[str]
    time_zone: NotRequired[str]
    rate: NotRequired[str]
    window: NotRequired[str]
    evenly: NotRequired[str]
    variant_of: NotRequired[int]
    asked_at: NotRequired[str]
    decision: NotRequired[DecisionStatus]
    sendout: NotRequired[SendoutStatus]


SUBMIT_MESSAGE: Operation[Submitted] = Operation(
    "listgate.submit_message",
    "POST",
    "/messages",
    private=("html", "raw_base64", "subject", "text", "text_format", "variants"),
)
MESSAGE_STATUS: Operation[Status] = Operation(
    "listgate.message_status", "GET", "/messages/{message_id}", writes=False
)
RECALL: Operation[States] = Operation("listgate.recall", "POST", "/messages/{message_id}/recall")


class Messages(Client):
    """Write, submit and recall a message, and read its status, from another service."""

    def submit_message(
        self,
        *,
        list: str,
        author_id: int | str,
        raw_base64: str | None = None,
        subject: str | None = None,
        text: str | None = None,
        text_format: TextFormat | None = None,
        html: str | None = None,
        ask: bool | None = None,
        personal_fields: bool | None = None,
        send_at: datetime | str | None = None,
        time_zone: str | None = None,
        rate: str | None = None,
        window: str | None = None,
        evenly: str | None = None,
        variants: Sequence[Variant] | None = None,
        share: int | None = None,
        share_unit: ShareUnit | None = None,
        rest_at: datetime | str | None = None,
        winner: str | None = None,
        idempotency_key: str | None = None,
    ) -> Submitted:
        """Write a message to a list, and submit it or leave it a draft.

        It is submitted as from the author: with Right 601 it goes to its schedule, otherwise to the
        approvers.  A draft is submitted later by `listgate.request_approval`, or by its author in
        the portal.  Variants are versions of the same message, each for a share of the list; the
        message itself is variant A, and they are B to J in their order.

        `raw_base64`: A whole mail (RFC 5322) in base64, in place of the next four
        `subject`: The subject
        `text`: The text
        `text_format`: `markdown` (CommonMark): the text is also sent as HTML; any HTML in it is
            shown as text
        `html`: The HTML part; beside a text in Markdown refused
        `list`: A list's short name, or `external:` and the service's own key
        `author_id`: The user who writes it, and may write to the list
        `ask`: false: leave a draft
        `personal_fields`: Fill in {{ name }}, {{ list }} and {{ unsubscribe_url }} for each
            recipient
        `send_at`: With an offset, "2027-01-31T09:00+01:00", or without one in `time_zone`; null: at
            once.  A time or a rule needs Right 618 of the author
        `time_zone`: An IANA name such as Europe/Zurich, of the times here
        `rate`: "500/30": at most 500 in 30 minutes
        `window`: "22:00-06:00": only then, in the zone of TIME_ZONE
        `evenly`: "3h": spread evenly over 3 hours, or "90m"
        `variants`: Up to 9 objects with `share`, and `raw_base64` or subject, text and HTML as for
            the message
        `share`: With variants: the share of the message itself
        `share_unit`: Of all shares: percent of the list, or copies
        `rest_at`: With variants: when everyone else gets the winner; as `send_at`
        `winner`: The letter of the variant that wins; null: a person chooses
        """
        return self.perform(
            SUBMIT_MESSAGE,
            {"list": list, "author_id": author_id},
            raw_base64=raw_base64,
            subject=subject,
            text=text,
            text_format=text_format,
            html=html,
            ask=ask,
            personal_fields=personal_fields,
            send_at=send_at,
            time_zone=time_zone,
            rate=rate,
            window=window,
            evenly=evenly,
            variants=variants,
            share=share,
            share_unit=share_unit,
            rest_at=rest_at,
            winner=winner,
            idempotency_key=idempotency_key,
        )

    def message_status(self, *, message_id: int) -> Status:
        """Read the status of a message, of the newest request about it, and of its sendout.

        `message_id`: The message
        """
        return self.perform(MESSAGE_STATUS, {"message_id": message_id})

    def recall(
        self, *, message_id: int, by_id: int | str, idempotency_key: str | None = None
    ) -> States:
        """Take a scheduled message back, or stop one that is being sent.

        `message_id`: A message that is scheduled or being sent
        `by_id`: Its author, or a user with Right 601 on its list
        """
        return self.perform(
            RECALL, {"message_id": message_id, "by_id": by_id}, idempotency_key=idempotency_key
        )
