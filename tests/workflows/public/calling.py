"""Call operations in process."""

from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from workflows.public.caller import Caller
from workflows.tasks import PUBLIC

UNSIGNED = Caller()


def perform(session: Session, caller: Caller, task: str, **given: Any) -> dict[str, Any]:
    """Call the operation, with a new idempotency key if it needs one; undo it if it is refused."""
    operation = PUBLIC[f"listgate.{task}"]
    if "idempotency_key" in operation.arguments.model_fields:
        given = {"idempotency_key": str(uuid4()), **given}
    with session.begin_nested():
        return operation.perform(session, caller, given)
