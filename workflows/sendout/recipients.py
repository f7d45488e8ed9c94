"""Choose the recipients of a sendout when it begins, and find those who leave before their turn."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, func, literal, select, update
from sqlalchemy.orm import Session, aliased

from models import (
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    ListDelivery,
    MailingList,
    Subscription,
    User,
)
from models.addresses import address_key


def addresses(mailing_list: MailingList) -> Select[str]:
    """Return the query for the addresses that a sendout to this list has now."""
    if mailing_list.delivery is ListDelivery.LIST_ADDRESS:
        return select(literal(mailing_list.address).label("address"))
    return (
        select(User.address)
        .join(Subscription, Subscription.user_id == User.id)
        .where(
            Subscription.list_id == mailing_list.id,
            Subscription.suspended_at.is_(None),
            User.disabled_at.is_(None),
        )
    )


def count(session: Session, mailing_list: MailingList) -> int:
    """Return the number of addresses that a sendout to this list has now."""
    found = addresses(mailing_list).subquery()
    return session.scalars(select(func.count()).select_from(found)).one()


def readdress(session: Session, former: str, address: str) -> None:
    """Send the pending copies of running sendouts to a person's new address.

    Sendouts that already have a delivery to the new address are skipped, or that mailbox would get
    two copies.
    """
    taken = aliased(Delivery)
    session.execute(
        update(Delivery)
        .where(
            Delivery.address == former,
            Delivery.state == DeliveryState.PENDING,
            Delivery.dispatch_id.in_(
                select(Dispatch.id).where(Dispatch.state == DispatchState.SENDING)
            ),
            ~select(taken)
            .where(taken.dispatch_id == Delivery.dispatch_id, taken.address == address)
            .exists(),
        )
        .values(address=address)
    )


def person_ids(session: Session, recipients: Collection[str]) -> dict[str, int]:
    """Return the ids of the people who have these addresses now, by address."""
    keys = {address_key(address): address for address in recipients}
    found = select(User.address_key, User.id).where(User.address_key.in_(keys))
    return {keys[key]: number for key, number in session.execute(found)}


def departed(session: Session, mailing_list: MailingList, wanted: Collection[str]) -> set[str]:
    """Return those addresses whose people are no recipients any more.

    Since the start they were disabled or unsubscribed, or their subscription was suspended.
    A person whose address changes at this moment gets the copy at the former address.
    """
    gone: ColumnElement[bool] = User.disabled_at.is_not(None)
    if mailing_list.delivery is ListDelivery.MEMBERS:
        subscription = select(Subscription).where(
            Subscription.user_id == User.id,
            Subscription.list_id == mailing_list.id,
            Subscription.suspended_at.is_(None),
        )
        gone |= ~subscription.exists()
    return set(session.scalars(select(User.address).where(User.address.in_(wanted), gone)))
