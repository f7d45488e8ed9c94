"""The public contract: arguments and results of the tasks that other services enqueue.

They enqueue them by name with keyword arguments (JSON); docs/tasks.md is generated from this module
and workflows/tasks.py.  People are named by id, because an address must not travel in a queue.
"""

from collections.abc import Callable
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import IdempotentCall, Invalid, Message, ModerationRequest, Refusal, Verdict
from models.ids import MAX_ID
from workflows.moderation.decide import COMMENT_LENGTH
from workflows.subscriptions.requests import Joined

Id = Annotated[int, Field(gt=0, le=MAX_ID)]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # no database takes a NUL
ShortName = Annotated[Text, Field(max_length=64)]

# Ids per call: under a megabyte in the queue, and in a row for a week.
MAX_USER_IDS = 100_000
UserIds = Annotated[list[Id], Field(min_length=1, max_length=MAX_USER_IDS)]

LIST: Any = Field(description="A list's short name")
OWN_OR_402: Any = Field(
    description="The user, unless the list is closed, or one with Right 402 on it"
)


class KeyReused(Refusal):
    """The idempotency key was used before with another call."""


class Call(BaseModel):
    """The arguments of a public task."""

    # Strict: "12" or 12.0 is a bug of the caller and should show at once.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    idempotency_key: Annotated[Text, Field(min_length=1, max_length=200)] = Field(
        description="Chosen by the caller, new for each thing asked: the same key with the same "
        "arguments gets the first answer again, with others it is refused"
    )

    @classmethod
    def read(cls, unnamed: tuple[Any, ...], given: dict[str, Any]) -> Self:
        """Validate the arguments; raise Invalid, which names each wrong one and quotes no value."""
        if unnamed:
            raise Invalid("Pass every argument by name.")
        try:
            return cls.model_validate(given)
        except ValidationError as wrong:
            sentences = [complaint(one) for one in wrong.errors(include_input=False)]
            complaints = "; ".join(sentences)
            raise Invalid("%(complaints)s (nothing was done)", complaints=complaints) from None


def complaint(error: Any) -> str:
    """Return one validation error as a sentence."""
    return f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"


class RequestApproval(Call):
    """Ask the approvers of the message's list whether it may go out."""

    message_id: Id = Field(description="A draft")
    author_id: Id = Field(description="The user who wrote it")


class Decide(Call):
    """Answer a request; the first answer decides."""

    # A JSON string cannot be a Verdict by itself; strict would refuse it.
    model_config = ConfigDict(strict=False)

    request_id: Annotated[Id, Field(strict=True)] = Field(description="An open request")
    approver_id: Annotated[Id, Field(strict=True)] = Field(description="The user who answers")
    verdict: Verdict = Field(description='"approved", "rejected" or "sent_back"')
    comment: Annotated[Text, Field(max_length=COMMENT_LENGTH)] = Field(
        "",
        description="The author of a rejected message gets it; required to send one back",
    )
    parcel: UUID | None = Field(
        None, description="The number of the parcel that the comment is in, in its place"
    )


class Withdraw(Call):
    """Take a request back before anybody has answered; the message is a draft again."""

    request_id: Id = Field(description="An open request")
    author_id: Id = Field(description="The user who wrote the message")


class Recall(Call):
    """Take a scheduled message back, or stop one that is being sent."""

    message_id: Id = Field(description="A message that is scheduled or being sent")
    by_id: Id = Field(description="Its author, or a user with Right 601 on its list")


class Subscribe(Call):
    """Put a user on a list; a user who joins a list on request by themselves asks its owners.

    Then the result is `"changed": false, "asked": true`, and the owners answer later.
    """

    user_id: Id = Field(description="Who joins")
    list: ShortName = LIST
    by_id: Id = OWN_OR_402


class Unsubscribe(Call):
    """Take a user off a list."""

    user_id: Id = Field(description="Who leaves")
    list: ShortName = LIST
    by_id: Id = OWN_OR_402


class ImportSubscribers(Call):
    """Put many users on a list, all or none; one push follows."""

    list: ShortName = LIST
    user_ids: UserIds = Field(
        description=f"Who joins, up to {MAX_USER_IDS:,}; who is on it stays on it"
    )
    by_id: Id = Field(description="A user with Right 402 on the list")


class ChangeAddress(Call):
    """Give a user another address; every list the user is on is pushed."""

    # A JSON string cannot be a UUID by itself; strict would refuse it.
    model_config = ConfigDict(strict=False)

    user_id: Annotated[Id, Field(strict=True)] = Field(description="Whose address changes")
    parcel: UUID = Field(description="The id under which the new address is stored (claim check)")
    by_id: Annotated[Id, Field(strict=True)] = Field(description="The user, or one with Right 2000")


class RemoveUser(Call):
    """Take a user off every list, and forget address, telephone number and roles; final."""

    user_id: Id = Field(description="Who is removed")
    by_id: Id = Field(description="A user with Right 2000")


class PushList(Call):
    """Push a list to the list server at once, whether or not anything has changed."""

    list: ShortName = LIST
    by_id: Id = Field(description="A user with Right 402 on the list")


Answer = dict[str, Any]


def states(message: Message, request: ModerationRequest | None = None) -> Answer:
    """Return the states of the message and of the request about it, as a task's result."""
    answer: Answer = {"message_id": message.id, "message": message.state.value}
    if request is not None:
        answer |= {"request_id": request.id, "request": request.state.value}
    return answer


def changed(call: Subscribe | Unsubscribe | ChangeAddress | RemoveUser, *, done: bool) -> Answer:
    """Return the result of a task about one user; `changed` is false if nothing changed."""
    return {"user_id": call.user_id, "changed": done}


def joined(call: Subscribe, outcome: Joined) -> Answer:
    """Return the result of `listgate.subscribe`; `asked` is there if the owners were asked."""
    answer = changed(call, done=outcome is Joined.SUBSCRIBED)
    return answer | {"asked": True} if outcome is Joined.ASKED else answer


def once(session: Session, task: str, call: Call, act: Callable[[], Answer]) -> Answer:
    """Run `act` once per idempotency key, then return its result; raise KeyReused for another call.

    Of two at once, the second waits for the key until the first has committed.
    """
    # Without None, so that a field that is added later changes no call that is repeated.
    arguments = call.model_dump(mode="json", exclude={"idempotency_key"}, exclude_none=True)
    first = session.scalar(
        insert(IdempotentCall)
        .values(key=call.idempotency_key, task=task, arguments=arguments)
        .on_conflict_do_nothing()
        .returning(IdempotentCall)
    )
    if first is not None:
        answer = act()
        first.result = answer
        return answer
    earlier = session.get_one(IdempotentCall, call.idempotency_key)
    if (earlier.task, earlier.arguments) != (task, arguments):
        raise KeyReused("This idempotency key has already been used for another call.")
    assert earlier.result is not None, "a call and its result are committed together"
    return earlier.result
