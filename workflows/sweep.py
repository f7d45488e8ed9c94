"""Find what the broker lost and what fell due; each look may run at any time, and again."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from models import (
    Dispatch,
    DispatchState,
    EventDelivery,
    EventDeliveryState,
    IdempotentCall,
    InboundMail,
    InboundMailState,
    Notification,
    NotificationState,
    Sync,
    SyncState,
    WorkItem,
)
from models.clock import now

# Rows of a kind that one sweep publishes, at most; the next sweep continues.
MAX_PUBLISHED = 1000

# Longer than any caller repeats a call that got no answer.
REMEMBER_CALLS = timedelta(days=7)


def publish_again(session: Session) -> None:
    """Publish unfinished work that comes near its time or whose last publication has lapsed."""
    unfinished: dict[type[WorkItem], ColumnElement[bool]] = {
        # Written like the partial indexes, or PostgreSQL would not use them.
        Notification: Notification.state == NotificationState.PENDING,
        InboundMail: InboundMail.state == InboundMailState.RECEIVED,
        Dispatch: Dispatch.state.in_([DispatchState.WAITING, DispatchState.SENDING]),
        Sync: Sync.state == SyncState.PENDING,
        EventDelivery: EventDelivery.state == EventDeliveryState.PENDING,
    }
    for kind, is_unfinished in unfinished.items():
        for row in session.scalars(
            select(kind)
            .where(is_unfinished, kind.publish_after <= now())
            .order_by(kind.publish_after)
            .limit(MAX_PUBLISHED)
            # A row that a worker has locked is being worked on.
            .with_for_update(skip_locked=True)
        ):
            row.request_publication()


def forget_old_calls(session: Session) -> None:
    """Delete idempotency keys older than REMEMBER_CALLS."""
    session.execute(delete(IdempotentCall).where(IdempotentCall.called_at < now() - REMEMBER_CALLS))
