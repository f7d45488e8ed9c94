"""Claim a batch of a sendout: its deliveries are SENDING, and committed, before a byte is sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from uuid import UUID, uuid4

from sqlalchemy import Select, func, select
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
from notifications.retry import UNAVAILABLE_DELAY
from workflows.sendout.domains import PERIOD
from workflows.sendout.hold import held_since
from workflows.sendout.rate_limit import allowance, count_claimed
from workflows.sendout.recipients import add_deliveries, recipients
from workflows.sendout.schedule import return_to_author, stop
from workflows.sendout.variants import draw_shares, look_at_rest

# A stop, a hold or changed rules take effect after a batch: the first one of a lane is small, each
# further one is about a second's work (`next_size`).
BATCH_SIZE = 50
MAX_BATCH_SIZE = 5000

NO_LIMITS: Mapping[str, int] = MappingProxyType({})

# Domains that have had their copies may have more after this time.
LIMIT_PAUSE = timedelta(seconds=PERIOD)


@dataclass(frozen=True)
class Batch:
    """The deliveries that one lane has claimed at once."""

    claim: UUID
    claimed_at: datetime
    ids: Sequence[int] = ()  # in the order in which they are sent
    limited: Mapping[str, int] = field(default_factory=dict)  # of them, by limited domain

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids)


def claim_batch(
    session: Session,
    dispatch: Dispatch,
    zone: tzinfo,
    *,
    claim: UUID | None = None,
    size: int | None = None,
    limits: Mapping[str, int] = NO_LIMITS,
) -> Batch:
    """Begin the sendout if it is due, and claim its next batch, which may be empty.

    The windows of the sendout rules are times of day in `zone`.  A lane that goes on names the
    `size`; it need not wait for `due_at`, which another lane that found nothing may have set.
    `limits`: how many deliveries of each limited domain it may have.
    """
    batch = Batch(claim or uuid4(), now(), limited=dict.fromkeys(limits, 0))
    if (dispatch.due_at > now() and not size) or held_since(session):
        return batch
    load_message(session, dispatch)
    if not is_unchanged(dispatch):
        stop_changed(session, dispatch)
        return batch
    allowed = allowance(dispatch, zone)
    if dispatch.state is DispatchState.WAITING:
        if not allowed.copies:
            dispatch.postpone(allowed.again_at)
            return batch
        begin_sending(session, dispatch)
        allowed = allowance(dispatch, zone)  # now that the number of recipients is known
    number = min(allowed.copies, size or BATCH_SIZE)
    batch = claim_next(session, dispatch, number, batch, limits=limits)
    if not batch:
        pause = LIMIT_PAUSE if limits else UNAVAILABLE_DELAY
        finish_or_wait(session, dispatch, allowed.again_at, pause)
    count_claimed(dispatch, len(batch))
    return batch


def claim_next(
    session: Session,
    dispatch: Dispatch,
    number: int,
    batch: Batch,
    *,
    limits: Mapping[str, int] = NO_LIMITS,
) -> Batch:
    """Claim at most this number of deliveries that may be tried now."""
    if not number:
        return batch
    chosen: Select[int] | Sequence[int]
    if limits:
        chosen, limited = choose_within(session, dispatch, number, limits)
        batch = replace(batch, limited=limited)
    else:
        chosen = select(next_deliveries(dispatch, number).cte("batch").c.id)
    claimed = Delivery.move_all(
        session,
        chosen,
        DeliveryState.SENDING,
        claim=batch.claim,
        claimed_at=batch.claimed_at,
        attempts=Delivery.attempts + 1,
    )
    return replace(batch, ids=sorted(claimed))


def choose_within(
    session: Session, dispatch: Dispatch, number: int, limits: Mapping[str, int]
) -> tuple[Sequence[int], Mapping[str, int]]:
    """Lock and return deliveries within the limits; also return their number by limited domain."""
    domain = func.lower(func.split_part(Delivery.address, "@", -1))
    chosen, limited = [], dict.fromkeys(limits, 0)
    if some := {each: most for each, most in limits.items() if most}:
        found = next_deliveries(dispatch, min(number, sum(some.values())))
        for key, of in session.execute(found.add_columns(domain).where(domain.in_(some))):
            if limited[of] < some[of]:
                limited[of] += 1
                chosen.append(key)
    rest = next_deliveries(dispatch, number - len(chosen)).where(domain.not_in(limits))
    return [*chosen, *session.scalars(rest)], limited


def next_size(sent: int, seconds: float) -> int:
    """Return the size of a batch that takes about a second, by the pace of the last one."""
    return max(BATCH_SIZE, min(int(sent / max(seconds, 0.001)), MAX_BATCH_SIZE))


def next_deliveries(dispatch: Dispatch, number: int) -> Select[int]:
    """Return the query for the ids of deliveries to be tried next, which locks them."""
    return (
        select(Delivery.id)
        .where(
            Delivery.dispatch_id == dispatch.id,
            Delivery.state == DeliveryState.PENDING,
            Delivery.next_attempt_at <= now(),
        )
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(number)
        .with_for_update(skip_locked=True)
    )


def load_message(session: Session, dispatch: Dispatch) -> None:
    """Read the message with its bytes, list and author in one query, its variants in another."""
    whole = [undefer(Message.raw), joinedload(Message.mailing_list), joinedload(Message.author)]
    message = session.get_one(Message, dispatch.message_id, options=whole)
    set_committed_value(dispatch, "message", message)
    if message.is_split:
        variants = select(Message).where(Message.variant_of_id == message.id).order_by(Message.id)
        with_content = variants.options(undefer(Message.raw))
        set_committed_value(message, "variants", session.scalars(with_content).all())


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
    if message.is_split:
        expected = draw_shares(session, dispatch)
    else:
        expected = add_deliveries(session, dispatch, recipients(message))
    dispatch.recipients = expected
    record(session, Act.BEGAN_SENDING, actor=Actor.system(), recipients=expected, **message.place)


def finish_or_wait(
    session: Session, dispatch: Dispatch, again_at: datetime, pause: timedelta
) -> None:
    """Postpone the dispatch until a delivery may be tried, or finish it if none is left.

    If the rules allow more copies already, `again_at` has passed: look again after a pause.  Of a
    split message, the copies to the rest are created when they are due.
    """
    rest_at = look_at_rest(session, dispatch)
    if rest_at and rest_at <= now():
        dispatch.postpone(rest_at)
        return
    own = select(Delivery.next_attempt_at).where(Delivery.dispatch_id == dispatch.id)
    # Two queries, each by its index: a rate-limited sendout to a million runs them in every period.
    pending = own.where(Delivery.state == DeliveryState.PENDING)
    sending = own.where(Delivery.state == DeliveryState.SENDING)
    for query in (pending.order_by(Delivery.next_attempt_at), sending):
        if next_at := session.scalar(query.limit(1)):
            soonest = again_at if again_at > now() else now() + pause
            again = max(next_at, soonest)
            dispatch.postpone(min(again, rest_at) if rest_at else again)
            return
    if rest_at:
        dispatch.postpone(rest_at)
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
