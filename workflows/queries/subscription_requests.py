"""Requests to join: of a list, of all lists, and what an owner's page shows beside a list."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from models import MailingList, SubscriptionRequest, SubscriptionRequestState
from workflows.queries.suspensions import suspended_members


@dataclass(frozen=True)
class OwnersNotes:
    """Whether subscriptions to a list are suspended, and how many people ask to join it."""

    has_suspended: bool
    requests: int


def open_requests_to(list_id: int) -> Select[SubscriptionRequest]:
    """Select the open requests to join this list with their people, oldest first."""
    return (
        select(SubscriptionRequest)
        .where(
            SubscriptionRequest.list_id == list_id,
            SubscriptionRequest.state == SubscriptionRequestState.OPEN,
        )
        .order_by(SubscriptionRequest.asked_at, SubscriptionRequest.id)
        .options(joinedload(SubscriptionRequest.user))
    )


def request_counts(session: Session) -> Sequence[tuple[MailingList, int]]:
    """Return the lists that people ask to join, with their number, by short name."""
    counts = session.execute(
        select(MailingList, func.count())
        .join(SubscriptionRequest, SubscriptionRequest.list_id == MailingList.id)
        .where(SubscriptionRequest.state == SubscriptionRequestState.OPEN)
        .group_by(MailingList.id)
        .order_by(MailingList.short_name)
    )
    return [(mailing_list, count) for mailing_list, count in counts]


def owners_notes(session: Session, list_id: int) -> OwnersNotes:
    """Return what the owners of this list should look at, in one statement."""
    requests = select(func.count()).where(
        SubscriptionRequest.list_id == list_id,
        SubscriptionRequest.state == SubscriptionRequestState.OPEN,
    )
    suspended = suspended_members(list_id).order_by(None).exists()
    row = session.execute(select(suspended, requests.scalar_subquery())).one()
    return OwnersNotes(*row)
