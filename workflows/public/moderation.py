"""Ask for approval, answer, and withdraw, from another service."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from models import Message, MessageState, ModerationRequest, RequestState, Scope, Verdict
from workflows.messages.write import message_by_id
from workflows.moderation import decide as verbs
from workflows.public.call import Answer, Call, Id, Person, Text
from workflows.public.caller import Caller
from workflows.public.declare import public


class States(Answer):
    """The states of a message and of the request about it."""

    message_id: int
    message: MessageState
    request_id: int | None = None
    request: RequestState | None = None


def states(message: Message, request: ModerationRequest | None = None) -> States:
    """Return the states of the message and of the request about it."""
    return States(
        message_id=message.id,
        message=message.state,
        request_id=request.id if request else None,
        request=request.state if request else None,
    )


class RequestApproval(Call):
    """Ask the approvers of the message's list whether it may go out."""

    message_id: Id = Field(description="A draft")
    author_id: Person = Field(description="The user who wrote it")


class Decide(Call):
    """Answer a request; the first answer decides."""

    text_of_parcel = "comment"

    request_id: Id = Field(description="An open request")
    approver_id: Person = Field(description="The user who answers")
    verdict: Verdict = Field(description='"approved", "rejected" or "sent_back"')
    comment: Annotated[Text, Field(max_length=verbs.COMMENT_LENGTH)] = Field(
        "",
        description="The author of a rejected message gets it; required to send one back",
    )
    parcel: UUID | None = Field(
        None, description="The id under which the comment is stored, in its place (claim check)"
    )


class Withdraw(Call):
    """Take a request back before anybody has answered; the message is a draft again."""

    request_id: Id = Field(description="An open request")
    author_id: Person = Field(description="The user who wrote the message")


@public("listgate.request_approval", Scope.MESSAGES)
def request_approval(session: Session, caller: Caller, call: RequestApproval) -> States:
    """Ask the approvers."""
    message = message_by_id(session, call.message_id)
    actor = caller.actor(session, call.author_id)
    return states(message, verbs.request_approval(session, message, actor=actor))


@public("listgate.decide", Scope.DECISIONS)
def decide(session: Session, caller: Caller, call: Decide) -> States:
    """Answer a request."""
    request = verbs.request_by_id(session, call.request_id)
    actor = caller.actor(session, call.approver_id)
    verbs.decide(session, request, call.verdict, actor=actor, comment=call.comment)
    return states(request.message, request)


@public("listgate.withdraw", Scope.MESSAGES)
def withdraw(session: Session, caller: Caller, call: Withdraw) -> States:
    """Take a request back."""
    request = verbs.request_by_id(session, call.request_id)
    verbs.withdraw(session, request, actor=caller.actor(session, call.author_id))
    return states(request.message, request)
