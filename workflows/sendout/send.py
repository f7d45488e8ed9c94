"""Send a message to its recipients, batch by batch, nobody twice.

A batch is claimed (SENDING is committed), then sent while its rows are locked, then recorded.  A
worker that dies in between leaves rows that are SENDING and that nobody holds: the sweep reports
them as UNCERTAIN and nobody sends them again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from time import monotonic

import structlog
from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import Session, joinedload, undefer
from sqlalchemy.orm.attributes import set_committed_value

from models import (
    Act,
    Actor,
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Message,
    MessageState,
    record,
)
from models.clock import now
from notifications.channel import NotDelivered, Unavailable
from notifications.mime.list_headers import outgoing
from notifications.retry import UNAVAILABLE_DELAY, next_attempt
from notifications.smtp.relay import Mailer
from workflows.sendout.rate_limit import allowance, put_back, use
from workflows.sendout.recipients import addresses, spare
from workflows.sendout.schedule import return_to_author, stop

log = structlog.get_logger()

# A killed worker leaves at most so many deliveries uncertain.
BATCH_SIZE = 50

# What a slow relay has not taken by then goes back to PENDING: Celery ends the task after 45 s.
BATCH_SECONDS = 20

# A claimed batch is locked by its sender within moments; what nobody holds after this was left
# behind by a dead worker.
CLAIM_GRACE = timedelta(seconds=10)


def claim(session: Session, dispatch: Dispatch, zone: tzinfo) -> list[int]:
    """Begin the sendout if it is due, and claim its next batch: ids of Deliveries, maybe none.

    The windows of the sendout rules are told by clocks in `zone`.
    """
    if dispatch.due_at > now():
        return []
    read_whole(session, dispatch)
    if not approved(dispatch):
        refuse_changed(session, dispatch)
        return []
    allowed = allowance(dispatch, zone)
    if dispatch.state is DispatchState.WAITING:
        if not allowed.copies:
            dispatch.postpone(allowed.again_at)
            return []
        begin(session, dispatch)
    found = next_deliveries(session, dispatch, min(allowed.copies, BATCH_SIZE))
    batch = Delivery.move_all(session, found, DeliveryState.SENDING)
    if not batch:
        finish_or_wait(session, dispatch, allowed.again_at)
    use(dispatch, len(batch))
    for delivery in session.scalars(select(Delivery).where(Delivery.id.in_(batch))):
        delivery.claimed_at = now()
        delivery.attempts += 1
    return batch


def read_whole(session: Session, dispatch: Dispatch) -> None:
    """Read the message with its bytes and its list's rules, in one query."""
    whole = [undefer(Message.raw), joinedload(Message.mailing_list)]
    message = session.get_one(Message, dispatch.message_id, options=whole)
    set_committed_value(dispatch, "message", message)


def approved(dispatch: Dispatch) -> bool:
    """Whether the content still is what was approved."""
    return dispatch.message.content_hash() == dispatch.content_hash


def refuse_changed(session: Session, dispatch: Dispatch) -> None:
    """Send nothing, or nothing more, of what nobody has approved."""
    if dispatch.state is DispatchState.WAITING:
        return_to_author(session, dispatch)
    else:
        stop(session, dispatch, actor=Actor.system())


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
    record(session, Act.BEGAN_SENDING, actor=Actor.system(), recipients=expected, **message.place)


def next_deliveries(session: Session, dispatch: Dispatch, number: int) -> Sequence[int]:
    """The next ones that may be tried now, so many at most, locked."""
    if not number:
        return []
    return session.scalars(
        select(Delivery.id)
        .where(
            Delivery.dispatch_id == dispatch.id,
            Delivery.state == DeliveryState.PENDING,
            Delivery.next_attempt_at <= now(),
        )
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(number)
        .with_for_update(skip_locked=True)
    ).all()


def finish_or_wait(session: Session, dispatch: Dispatch, again_at: datetime) -> None:
    """Nothing can be sent now: come back when something may be, or be done."""
    own = select(Delivery.next_attempt_at).where(Delivery.dispatch_id == dispatch.id)
    # Each by its index: a sendout to a million, at a rate, asks this in each period.
    pending = own.where(Delivery.state == DeliveryState.PENDING)
    sending = own.where(Delivery.state == DeliveryState.SENDING)
    for some in (pending.order_by(Delivery.next_attempt_at), sending):
        if next_at := session.scalar(some.limit(1)):
            soonest = again_at if again_at > now() else now() + UNAVAILABLE_DELAY
            dispatch.postpone(max(next_at, soonest))
            return
    dispatch.move(DispatchState.SENT)
    dispatch.message.move(MessageState.SENT)
    record(
        session,
        Act.FINISHED_SENDING,
        actor=Actor.system(),
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
        put_back(session, dispatch, deliveries, reason="stopped")
        return
    content = outgoing(dispatch.message)
    deliveries = spare(session, dispatch.message.mailing_list, deliveries)
    reason = "not tried yet"
    try:
        with mailer.relay.connect() as connection:
            send_each(
                deliveries,
                lambda recipient: connection.send(
                    content, sender=mailer.envelope_sender, recipient=recipient
                ),
            )
    except Unavailable as failure:
        log.warning("relay away", dispatch=dispatch_id, reason=str(failure))
        reason = str(failure)
    put_back(session, dispatch, deliveries, reason=reason)
    dispatch.postpone(now())


def send_each(deliveries: Sequence[Delivery], offer: Callable[[str], None]) -> None:
    """Offer the message once per recipient, until the batch's time is over."""
    began = monotonic()
    for delivery in deliveries:
        if monotonic() - began > BATCH_SECONDS:
            return
        try:
            offer(delivery.address)
        except Unavailable:
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
