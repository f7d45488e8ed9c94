"""Send a message in batches, to each recipient at most once.

A batch is claimed (SENDING is committed), then sent while its rows are locked, then recorded.  A
worker that dies in between leaves rows that are SENDING but not locked: the sweep makes them
UNCERTAIN, and they are never sent again.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from time import monotonic

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
from notifications.retry import UNAVAILABLE_DELAY, next_attempt
from notifications.smtp.relay import Mailer
from workflows.sendout.hold import held_before_batch, held_since
from workflows.sendout.rate_limit import allowance, count_claimed, return_untried
from workflows.sendout.recipients import addresses, drop_departed, person_ids
from workflows.sendout.schedule import return_to_author, stop

log = logging.getLogger(__name__)

# Deliveries that a killed worker leaves uncertain, at most.
BATCH_SIZE = 50

# After this time the rest of a batch is PENDING again: Celery ends the task after 45 s.
BATCH_SECONDS = 20

# A claimed batch is locked by its sender within moments; rows that are not locked after this time
# were left behind by a dead worker.
CLAIM_GRACE = timedelta(seconds=10)


def claim_batch(session: Session, dispatch: Dispatch, zone: tzinfo) -> list[int]:
    """Begin the sendout if it is due, and claim its next batch; return the ids of Deliveries.

    The windows of the sendout rules are times of day in `zone`.
    """
    if dispatch.due_at > now() or held_since(session):
        return []
    load_message(session, dispatch)
    if not is_unchanged(dispatch):
        stop_changed(session, dispatch)
        return []
    allowed = allowance(dispatch, zone)
    if dispatch.state is DispatchState.WAITING:
        if not allowed.copies:
            dispatch.postpone(allowed.again_at)
            return []
        begin_sending(session, dispatch)
    found = lock_next_deliveries(session, dispatch, min(allowed.copies, BATCH_SIZE))
    batch = Delivery.move_all(session, found, DeliveryState.SENDING)
    if not batch:
        finish_or_wait(session, dispatch, allowed.again_at)
    count_claimed(dispatch, len(batch))
    for delivery in session.scalars(select(Delivery).where(Delivery.id.in_(batch))):
        delivery.claimed_at = now()
        delivery.attempts += 1
    return batch


def send_batch(session: Session, dispatch_id: int, batch: Sequence[int], mailer: Mailer) -> None:
    """Send the batch of `claim_batch`, record each result, and ask for the next batch."""
    if not batch:
        return
    deliveries = lock_claimed(session, batch)
    dispatch = session.get_one(Dispatch, dispatch_id)
    if dispatch.state is DispatchState.SENDING and not is_unchanged(dispatch):
        stop_changed(session, dispatch)
    is_held = held_before_batch(session)
    if is_held or dispatch.state is not DispatchState.SENDING:
        return_untried(session, dispatch, deliveries, reason="held" if is_held else "stopped")
        return
    copies = mailer.copies(dispatch.message)
    deliveries = drop_departed(session, dispatch.message.mailing_list, deliveries)
    people = person_ids(session, [delivery.address for delivery in deliveries])
    reason = "not tried yet"
    try:
        with mailer.relay.connect() as connection:
            send_each(
                deliveries,
                lambda recipient: connection.send_envelope(
                    copies.to(recipient, people.get(recipient))
                ),
            )
    except Unavailable as failure:
        reason = str(failure)
        log.warning("relay unavailable", extra={"dispatch": dispatch_id, "reason": reason})
    return_untried(session, dispatch, deliveries, reason=reason)
    dispatch.postpone(now())


def lock_claimed(session: Session, batch: Sequence[int]) -> Sequence[Delivery]:
    """Lock and return the deliveries of a batch that are still SENDING."""
    return session.scalars(
        select(Delivery)
        .where(Delivery.id.in_(batch), Delivery.state == DeliveryState.SENDING)
        .order_by(Delivery.id)
        .with_for_update()
    ).all()


def load_message(session: Session, dispatch: Dispatch) -> None:
    """Read the message with its bytes and its list's rules, in one query."""
    whole = [undefer(Message.raw), joinedload(Message.mailing_list)]
    message = session.get_one(Message, dispatch.message_id, options=whole)
    set_committed_value(dispatch, "message", message)


def is_unchanged(dispatch: Dispatch) -> bool:
    """Whether the content is still the approved one."""
    return dispatch.message.content_hash() == dispatch.content_hash


def stop_changed(session: Session, dispatch: Dispatch) -> None:
    """Do not send, or stop sending, content that was not approved."""
    if dispatch.state is DispatchState.WAITING:
        return_to_author(session, dispatch)
    else:
        stop(session, dispatch, actor=Actor.system())


def begin_sending(session: Session, dispatch: Dispatch) -> None:
    """Create a Delivery for every recipient."""
    message = dispatch.message
    dispatch.move(DispatchState.SENDING)
    message.move(MessageState.SENDING)
    message.dated_at = now()
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


def lock_next_deliveries(session: Session, dispatch: Dispatch, number: int) -> Sequence[int]:
    """Lock at most this number of deliveries that may be tried now; return their ids."""
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
    """Postpone the dispatch until a delivery may be tried, or finish it if none is left."""
    own = select(Delivery.next_attempt_at).where(Delivery.dispatch_id == dispatch.id)
    # Two queries, each by its index: a rate-limited sendout to a million runs them in every period.
    pending = own.where(Delivery.state == DeliveryState.PENDING)
    sending = own.where(Delivery.state == DeliveryState.SENDING)
    for query in (pending.order_by(Delivery.next_attempt_at), sending):
        if next_at := session.scalar(query.limit(1)):
            soonest = again_at if again_at > now() else now() + UNAVAILABLE_DELAY
            dispatch.postpone(max(next_at, soonest))
            return
    dispatch.move(DispatchState.SENT)
    dispatch.message.move(MessageState.SENT)
    record(
        session,
        Act.FINISHED_SENDING,
        actor=Actor.system(),
        **count_by_state(session, dispatch),
        **dispatch.message.place,
    )


def count_by_state(session: Session, dispatch: Dispatch) -> dict[str, int]:
    """Return the number of deliveries by state."""
    counts = session.execute(
        select(Delivery.state, func.count())
        .where(Delivery.dispatch_id == dispatch.id)
        .group_by(Delivery.state)
    )
    return {state.value: count for state, count in counts}


def send_each(deliveries: Sequence[Delivery], offer: Callable[[str], None]) -> None:
    """Offer the message once per recipient, for at most BATCH_SECONDS."""
    began = monotonic()
    for delivery in deliveries:
        if monotonic() - began > BATCH_SECONDS:
            return
        try:
            offer(delivery.address)
        except Unavailable:
            raise  # this one was not tried, and the rest will not be
        except NotDelivered as failure:
            record_failure(delivery, failure)
        else:
            delivery.move(DeliveryState.SENT)
            delivery.sent_at = now()


def record_failure(delivery: Delivery, failure: NotDelivered) -> None:
    """Record the failure; only a temporary refusal is tried again, for a limited time."""
    delivery.failure = failure.answer or str(failure)
    again_at = None if failure.permanent else next_attempt(delivery.attempts)
    if failure.uncertain:
        delivery.move(DeliveryState.UNCERTAIN)
    elif again_at is None:
        delivery.move(DeliveryState.FAILED)
    else:
        delivery.move(DeliveryState.PENDING)
        delivery.next_attempt_at = again_at
