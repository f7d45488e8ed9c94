"""Who gets a sendout: when it begins, and still when its turn comes."""

from collections.abc import Sequence

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


def addresses(mailing_list: MailingList) -> Select[str]:
    """Where a sendout to this list goes now."""
    if mailing_list.delivery is ListDelivery.LIST_ADDRESS:
        return select(literal(mailing_list.address).label("address"))
    return (
        select(User.address)
        .join(Subscription, Subscription.user_id == User.id)
        .where(Subscription.list_id == mailing_list.id, User.disabled_at.is_(None))
    )


def count(session: Session, mailing_list: MailingList) -> int:
    """To how many addresses a sendout to this list would go now."""
    found = addresses(mailing_list).subquery()
    return session.scalars(select(func.count()).select_from(found)).one()


def readdress(session: Session, former: str, address: str) -> None:
    """Have what is still to come of sendouts that are under way go to a person's new address.

    But not where a copy has gone there for somebody else, or the mailbox would get two.
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


def spare(
    session: Session, mailing_list: MailingList, deliveries: Sequence[Delivery]
) -> Sequence[Delivery]:
    """Take out who was disabled or left the list since the sendout began; returns the others.

    Whose address changes in these very seconds gets the copy at the former one.
    """
    gone: ColumnElement[bool] = User.disabled_at.is_not(None)
    if mailing_list.delivery is ListDelivery.MEMBERS:
        on_it = select(Subscription).where(
            Subscription.user_id == User.id, Subscription.list_id == mailing_list.id
        )
        gone |= ~on_it.exists()
    asked = {delivery.address for delivery in deliveries}
    spared = set(session.scalars(select(User.address).where(User.address.in_(asked), gone)))
    for delivery in deliveries:
        if delivery.address in spared:
            delivery.move(DeliveryState.FAILED)
            delivery.failure = "disabled or not on the list any more"
    return [delivery for delivery in deliveries if delivery.address not in spared]
