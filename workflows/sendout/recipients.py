"""Choose the recipients of a sendout when it begins, and find those who leave before their turn."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CursorResult,
    Select,
    Text,
    any_,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session, aliased

from models import (
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    ListDelivery,
    MailingList,
    Message,
    Notification,
    Subscription,
    User,
)
from models.addresses import address_key
from models.clock import now


def recipients(message: Message) -> Select[str]:
    """Return the query for the addresses that a sendout of this message has now."""
    if message.rest_of_id is None:
        return addresses(message.mailing_list)
    if message.mailing_list.delivery is ListDelivery.LIST_ADDRESS:
        return addresses(message.mailing_list).where(~served(message).exists())
    # A copy that was sent keeps the address that its recipient had.
    moved = select(Notification.user_id).where(
        Notification.former_address.is_not(None),
        served(message).where(Delivery.address == Notification.former_address).exists(),
    )
    current = served(message).where(Delivery.address == User.address)
    return addresses(message.mailing_list).where(~current.exists(), User.id.not_in(moved))


def served(message: Message) -> Select[Delivery]:
    """Return the query for the copies that were sent, of the messages of which this is the rest.

    Those of which a person settled that nothing more is to be done count as sent.  So do uncertain
    ones, unless the author chose otherwise.
    """
    done = or_(
        Delivery.state.in_([DeliveryState.SENT, DeliveryState.SENDING]),
        Delivery.settled_at.is_not(None),
    )
    if not message.rest_uncertain:
        done |= Delivery.state == DeliveryState.UNCERTAIN
    # An array, which PostgreSQL evaluates once: each address is then looked up by its unique index,
    # and no plan compares all recipients with all copies.
    earlier = select(Dispatch.id).where(
        Dispatch.message_id.in_(family(message)), Dispatch.message_id != message.id
    )
    return select(Delivery).where(
        Delivery.dispatch_id == any_(func.array(earlier.scalar_subquery())), done
    )


def family(message: Message) -> Select[int]:
    """Return the query for the ids of the first message and of all those to its rest."""
    first = message.rest_of_id or message.id
    return select(Message.id).where(or_(Message.id == first, Message.rest_of_id == first))


def addresses(mailing_list: MailingList) -> Select[str]:
    """Return the query for the addresses that a message to the whole list has now."""
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


def add_deliveries(session: Session, dispatch: Dispatch, found: Select[Any]) -> int:
    """Create a Delivery for each row of the query, in one statement; return how many.

    Its columns, an address at least, are columns of Delivery.
    """
    common = {
        "dispatch_id": literal(dispatch.id),
        "state": literal(DeliveryState.PENDING, Delivery.state.type),
        "attempts": literal(0),
        "next_attempt_at": literal(now()),
    }
    columns = [*found.selected_columns.keys(), *common]
    rows = found.add_columns(*common.values())
    created = session.execute(insert(Delivery).from_select(columns, rows))
    assert isinstance(created, CursorResult)
    return created.rowcount


def count(session: Session, message: Message) -> int:
    """Return the number of addresses that a sendout of this message has now."""
    found = recipients(message).subquery()
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


class Person(NamedTuple):
    """Who has the address of a delivery now."""

    id: int | None
    name: str
    is_gone: bool  # disabled, suspended or not on the list any more


def people_at(
    session: Session, mailing_list: MailingList, recipients: Collection[str]
) -> dict[str, Person]:
    """Return the people who have these addresses now, by address.

    An address may have none: a person whose address changes at this moment gets the copy at the
    former one.
    """
    given = list(recipients)
    is_gone: ColumnElement[bool] = User.disabled_at.is_not(None)
    if mailing_list.delivery is ListDelivery.MEMBERS:
        on_list = (
            select(Subscription.user_id)
            .where(
                Subscription.user_id == User.id,
                Subscription.list_id == mailing_list.id,
                Subscription.suspended_at.is_(None),
            )
            .scalar_subquery()
        )
        is_gone |= on_list.is_(None)
    keys = literal([address_key(each) for each in given], ARRAY(Text))
    wanted = func.unnest(keys).table_valued("key", with_ordinality="number").render_derived()
    # The limit makes PostgreSQL look each address up; it would read all users for each batch.
    person = (
        select(User.id, User.name, is_gone.label("is_gone"))
        .where(User.address_key == wanted.c.key)
        .limit(1)
        .lateral()
    )
    found = session.execute(select(wanted.c.number, person).join(person, true()))
    return {given[number - 1]: Person(*columns) for number, *columns in found}
