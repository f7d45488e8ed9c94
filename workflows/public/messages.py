"""Recall a message, from another service."""

from pydantic import Field
from sqlalchemy.orm import Session

from models import Scope
from workflows.messages.write import message_by_id
from workflows.public.call import Call, Id, Person
from workflows.public.caller import Caller
from workflows.public.declare import public
from workflows.public.moderation import States, states
from workflows.sendout import schedule


class Recall(Call):
    """Take a scheduled message back, or stop one that is being sent."""

    message_id: Id = Field(description="A message that is scheduled or being sent")
    by_id: Person = Field(description="Its author, or a user with Right 601 on its list")


@public("listgate.recall", Scope.MESSAGES)
def recall(session: Session, caller: Caller, call: Recall) -> States:
    """Take a message back."""
    message = message_by_id(session, call.message_id)
    schedule.recall(session, message, actor=caller.actor(session, call.by_id))
    return states(message)
