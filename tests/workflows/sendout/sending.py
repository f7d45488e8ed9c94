"""One step of a sendout, and what became of its deliveries."""

import re
from datetime import UTC

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Delivery, Dispatch, DispatchState
from models.clock import now
from notifications.mime.list_mail import EXAMPLE_TOKEN
from sandbox.mailbox import Mailbox
from tests.builders import a_mailer
from workflows.sendout.send import claim_batch, send_batch

# The members of the list announce.
EDSGER, BARBARA = "edsger@example.org", "barbara@example.org"


def step(session: Session, sending: Dispatch, mailbox: Mailbox) -> int:
    """Claim a batch and send it, as one task does; return its size."""
    waiting = Dispatch.take(session, sending.id, DispatchState.WAITING, DispatchState.SENDING)
    batch = claim_batch(session, waiting, UTC) if waiting else []
    session.flush()
    send_batch(session, sending.id, batch, a_mailer(mailbox))
    session.flush()
    return len(batch)


def as_approved(copy: bytes) -> bytes:
    """Return a copy without what differs between it and the one that approvers see."""
    undated = re.sub(rb"\r\nDate: [^\r]*", b"", copy)
    token = EXAMPLE_TOKEN.encode()
    return re.sub(rb"(?<=[/+])[a-z2-7]{26}\b", token, undated)


def deliveries(session: Session, sending: Dispatch) -> dict[str, Delivery]:
    """The deliveries by address."""
    found = select(Delivery).where(Delivery.dispatch_id == sending.id)
    return {delivery.address: delivery for delivery in session.scalars(found)}


def let_time_pass(session: Session, sending: Dispatch) -> None:
    """Make every delivery due that waits for a later attempt."""
    sending.due_at = now()
    session.execute(
        update(Delivery).where(Delivery.dispatch_id == sending.id).values(next_attempt_at=now())
    )
