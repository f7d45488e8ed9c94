"""One step of a sendout, and what became of its deliveries."""

import re
from contextlib import ExitStack
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Delivery, Dispatch, DispatchState
from models.clock import now
from notifications.mime.list_mail import EXAMPLE_TOKEN
from notifications.retry import UNAVAILABLE_DELAY
from notifications.smtp.connection import Connection
from sandbox.mailbox import Mailbox
from tests.builders import a_mailer
from workflows.sendout.claim import Batch, claim_batch
from workflows.sendout.notebook import Notebook
from workflows.sendout.send import Progress, send_batch

# The members of the list announce.
EDSGER, BARBARA = "edsger@example.org", "barbara@example.org"

# To make a connection to Redis costs more than to open it.
NOTEBOOK = Notebook()

NOTHING = Batch(uuid4(), datetime.now(UTC))


def step(session: Session, sending: Dispatch, mailbox: Mailbox) -> int:
    """Claim a batch and send it, as a lane does in its first step; return its size."""
    waiting = Dispatch.take(session, sending.id, DispatchState.WAITING, DispatchState.SENDING)
    if waiting is None:
        return 0
    batch = claim_batch(session, waiting, UTC)
    session.flush()
    if batch:
        progress = send_claimed(session, sending.id, batch, mailbox)
        if sending.state is DispatchState.SENDING:
            sending.postpone(now() + UNAVAILABLE_DELAY * progress.relay_failed)
    session.flush()
    return len(batch)


def as_approved(copy: bytes) -> bytes:
    """Return a copy without what differs between it and the one that approvers see."""
    undated = re.sub(rb"\r\nDate: [^\r]*", b"", copy)
    token = EXAMPLE_TOKEN.encode()
    return re.sub(rb"(?<=[/+])[a-z2-7]{26}\b", token, undated)


def send_claimed(session: Session, sending_id: int, batch: Batch, mailbox: Mailbox) -> Progress:
    """Send a claimed batch and record it, as a lane does."""
    mailer = a_mailer(mailbox)
    copies = mailer.copies
    progress = Progress(sending_id, batch)
    if not batch:
        return progress
    with ExitStack() as closing:
        closing.callback(NOTEBOOK.close)

        def connect(_copies: int) -> list[Connection]:
            return [closing.enter_context(mailer.relay.connect())]

        NOTEBOOK.begin(batch.claim)
        send_batch(session, progress, connect, NOTEBOOK, copies=copies)
    return progress


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
