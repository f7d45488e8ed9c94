"""Ask for approval, answer, and withdraw, from another service.

Drawn from workflows/public/moderation.py by `make fix`.
"""

from typing import NotRequired, TypedDict

from listgate_client.operation import Client, Operation
from listgate_client.operations.values import MessageState, RequestState, Verdict


class States(TypedDict):
    """The states of a message and of the request about it."""

    message_id: int
    message: MessageState
    request_id: NotRequired[int]
    request: NotRequired[RequestState]


REQUEST_APPROVAL: Operation[States] = Operation(
    "listgate.request_approval", "POST", "/messages/{message_id}/approval-requests"
)
DECIDE: Operation[States] = Operation(
    "listgate.decide",
    "PUT",
    "/approval-requests/{request_id}/decision",
    private=("comment",),
    text=True,
)
WITHDRAW: Operation[States] = Operation(
    "listgate.withdraw", "POST", "/approval-requests/{request_id}/withdrawal"
)


class Moderation(Client):
    """Ask for approval, answer, and withdraw, from another service."""

    def request_approval(
        self, *, message_id: int, author_id: int | str, idempotency_key: str | None = None
    ) -> States:
        """Ask the approvers of the message's list whether it may go out.

        `message_id`: A draft
        `author_id`: The user who wrote it
        """
        return self.perform(
            REQUEST_APPROVAL,
            {"message_id": message_id, "author_id": author_id},
            idempotency_key=idempotency_key,
        )

    def decide(
        self,
        *,
        request_id: int,
        approver_id: int | str,
        verdict: Verdict,
        comment: str | None = None,
        idempotency_key: str | None = None,
    ) -> States:
        """Answer a request; the first answer decides.

        `request_id`: An open request
        `approver_id`: The user who answers
        `verdict`: "approved", "rejected" or "sent_back"
        `comment`: The author of a rejected message gets it; required to send one back
        """
        return self.perform(
            DECIDE,
            {"request_id": request_id, "approver_id": approver_id, "verdict": verdict},
            comment=comment,
            idempotency_key=idempotency_key,
        )

    def withdraw(
        self, *, request_id: int, author_id: int | str, idempotency_key: str | None = None
    ) -> States:
        """Take a request back before anybody has answered; the message is a draft again.

        `request_id`: An open request
        `author_id`: The user who wrote the message
        """
        return self.perform(
            WITHDRAW,
            {"request_id": request_id, "author_id": author_id},
            idempotency_key=idempotency_key,
        )
