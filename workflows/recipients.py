"""Who gets a sendout: when it begins, and still when its turn comes."""

from collections.abc import Sequence

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from models import Delivery, DeliveryState, ListDelivery, MailingList, Subscription, User


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


def spare_disabled(session: Session, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
    """Take out who was disabled since the sendout began; returns the others."""
    addresses = {delivery.address for delivery in deliveries}
    disabled = set(
        session.scalars(
            select(User.address).where(User.address.in_(addresses), User.disabled_at.is_not(None))
        )
    )
    for delivery in deliveries:
        if delivery.address in disabled:
            delivery.move(DeliveryState.FAILED)
            delivery.failure = "disabled"
    return [delivery for delivery in deliveries if delivery.address not in disabled]
