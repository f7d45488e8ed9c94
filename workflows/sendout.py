"""Send a message to its recipients, batch by batch, nobody twice.

A batch is claimed (SENDING is committed), then sent while its rows are locked, then recorded.  A
worker that dies in between leaves rows that are SENDING and that nobody holds: the sweep reports
them as UNCERTAIN and nobody sends them again.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic

import structlog
from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Door,
    MessageState,
    record,
)
from models.clock import now
from notifications.channel import Away, NotDelivered
from notifications.mailer import Mailer
from notifications.outgoing import outgoing
from notifications.retry import AWAY, next_attempt
from workflows.dispatch import return_to_author, stop
from workflows.recipients import addresses, spare_disabled

log = structlog.get_logger()

# A killed worker leaves at most so many deliveries uncertain.
BATCH_SIZE = 50

# What a slow relay has not taken by then goes back to PENDING: Celery ends the task after 45 s.
BATCH_SECONDS = 20

# A claimed batch is locked by its sender within moments; what nobody holds after this was left
# behind by a dead worker.
CLAIM_GRACE = timedelta(seconds=10)


def claim(session: Session, dispatch: Dispatch) -> list[int]:
    """Begin the sendout if it is due, and claim its next batch: ids of Deliveries, maybe none."""
    if dispatch.due_at > now():
        return []
    if not approved(dispatch):
        refuse_changed(session, dispatch)
        return []
    if dispatch.state is DispatchState.WAITING:
        begin(session, dispatch)
    batch = Delivery.move_all(session, next_deliveries(session, dispatch), DeliveryState.SENDING)
    if not batch:
        finish_or_wait(session, dispatch)
    for delivery in session.scalars(select(Delivery).where(Delivery.id.in_(batch))):
        delivery.claimed_at = now()
        delivery.attempts += 1
    return batch


def approved(dispatch: Dispatch) -> bool:
    """Whether the content still is what was approved."""
    return dispatch.message.content_hash() == dispatch.content_hash


def refuse_changed(session: Session, dispatch: Dispatch) -> None:
    """Send nothing, or nothing more, of what nobody has approved."""
    if dispatch.state is DispatchState.WAITING:
        return_to_author(session, dispatch)
    else:
        stop(session, dispatch, by=None, via=Door.SYSTEM)


def begin(session: Session, dispatch: Dispatch) -> None:
    """Write down every recipient."""
    message = dispatch.message
    dispatch.move(DispatchState.SENDING)
    message.move(MessageState.SENDING)
    recipients = addresses(message.mailing_list).subquery()
    session.execute(
        insert(Delivery).from_select(
            ["dispatch_id", "address", "state", "attempts", "next_attempt_at"],
            select(
                literal(dispatch.id),
                recipients.c.address,
                literal(DeliveryState.PENDING, Delivery.state.type),
                literal(0),
                literal(now()),
            ),
        )
    )
    expected = session.scalar(select(func.count()).select_from(recipients))
    record(
        session,
        Act.BEGAN_SENDING,
        by=None,
        via=Door.SYSTEM,
        recipients=expected,
        **message.place,
    )


def next_deliveries(session: Session, dispatch: Dispatch) -> Sequence[int]:
    """The next batch that may be tried now, locked."""
    return session.scalars(
        select(Delivery.id)
        .where(
            Delivery.dispatch_id == dispatch.id,
            Delivery.state == DeliveryState.PENDING,
            Delivery.next_attempt_at <= now(),
        )
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(BATCH_SIZE)
        .with_for_update(skip_locked=True)
    ).all()


def finish_or_wait(session: Session, dispatch: Dispatch) -> None:
    """Nothing can be sent now: come back for the next attempt, or be done."""
    unfinished = select(func.count(), func.min(Delivery.next_attempt_at)).where(
        Delivery.dispatch_id == dispatch.id,
        Delivery.state.in_([DeliveryState.PENDING, DeliveryState.SENDING]),
    )
    remaining, next_at = session.execute(unfinished).one()
    if remaining:
        dispatch.postpone(max(next_at, now() + AWAY))
        return
    dispatch.move(DispatchState.SENT)
    dispatch.message.move(MessageState.SENT)
    record(
        session,
        Act.FINISHED_SENDING,
        by=None,
        via=Door.SYSTEM,
        **tally(session, dispatch),
        **dispatch.message.place,
    )


def tally(session: Session, dispatch: Dispatch) -> dict[str, int]:
    """How many deliveries are in which state."""
    counts = session.execute(
        select(Delivery.state, func.count())
        .where(Delivery.dispatch_id == dispatch.id)
        .group_by(Delivery.state)
    )
    return {state.value: count for state, count in counts}


def send(session: Session, dispatch_id: int, batch: Sequence[int], mailer: Mailer) -> None:
    """Send the batch that `claim` returned, record what became of each, ring for the next."""
    if not batch:
        return
    deliveries = session.scalars(
        select(Delivery)
        .where(Delivery.id.in_(batch), Delivery.state == DeliveryState.SENDING)
        .order_by(Delivery.id)
        .with_for_update()
    ).all()
    dispatch = session.get_one(Dispatch, dispatch_id)
    if dispatch.state is DispatchState.SENDING and not approved(dispatch):
        refuse_changed(session, dispatch)
    if dispatch.state is not DispatchState.SENDING:
        put_back(deliveries, "stopped")
        return
    content = outgoing(dispatch.message)
    deliveries = spare_disabled(session, deliveries)
    try:
        with mailer.relay.connect() as connection:
            send_each(
                deliveries,
                lambda recipient: connection.send(
                    content, sender=mailer.envelope_sender, recipient=recipient
                ),
            )
    except Away as failure:
        log.warning("relay away", dispatch=dispatch_id, reason=str(failure))
        put_back([d for d in deliveries if d.state is DeliveryState.SENDING], str(failure))
    dispatch.postpone(now())


def send_each(deliveries: Sequence[Delivery], offer: Callable[[str], None]) -> None:
    """Offer the message once per recipient, until the batch's time is over."""
    began = monotonic()
    for position, delivery in enumerate(deliveries):
        if monotonic() - began > BATCH_SECONDS:
            put_back(deliveries[position:], "not tried yet")
            return
        try:
            offer(delivery.address)
        except Away:
            raise  # it was not tried, and neither will the rest be
        except NotDelivered as failure:
            record_failure(delivery, failure)
        else:
            delivery.move(DeliveryState.SENT)
            delivery.sent_at = now()


def record_failure(delivery: Delivery, failure: NotDelivered) -> None:
    """Unknown is never tried again; a refusal is, unless it is for good or has lasted too long."""
    delivery.failure = failure.answer or str(failure)
    again_at = None if failure.permanent else next_attempt(delivery.attempts)
    if failure.uncertain:
        delivery.move(DeliveryState.UNCERTAIN)
    elif again_at is None:
        delivery.move(DeliveryState.FAILED)
    else:
        delivery.move(DeliveryState.PENDING)
        delivery.next_attempt_at = again_at


def put_back(deliveries: Sequence[Delivery], reason: str) -> None:
    """Undo the claim on deliveries of which nothing has left; it does not count as an attempt."""
    for delivery in deliveries:
        delivery.move(DeliveryState.PENDING)
        delivery.failure = reason
        delivery.attempts -= 1
        delivery.next_attempt_at = now() + AWAY
