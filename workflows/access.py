"""Who may act, and the look-ups that every verb begins with."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Door,
    Invalid,
    MailingList,
    Message,
    Refusal,
    Right,
    Role,
    Trespass,
    Unknown,
    User,
)
from models.addresses import address_key, checked_address


def require(
    actor: Actor,
    right: Right,
    *,
    message_id: int | None = None,
    list_id: int | None = None,
) -> None:
    """Raise Trespass unless the actor has `right`; without a user, they may do anything."""
    if not actor.may(right):
        raise Trespass(
            "%(user)s lacks the right %(right)s (%(number)d).",
            user=actor.name,
            right=right.name,
            number=right,
            **actor.signature,
            message_id=message_id,
            list_id=list_id,
        )


def require_author(message: Message, actor: Actor) -> None:
    """Raise Trespass unless the actor wrote the message."""
    if actor.person.id != message.author_id:
        raise Trespass(
            "%(user)s did not write message %(number)d.",
            user=actor.person,
            number=message.id,
            **actor.signature,
            **message.place,
        )


def actor_with_address(session: Session, address: str, door: Door) -> Actor:
    """The person with this address, acting; raises Unknown, or Trespass if they are disabled."""
    return enabled(Actor(user_with_address(session, address), door))


def actor_by_id(session: Session, user_id: int, door: Door) -> Actor:
    """The person with this number, acting; raises Unknown, or Trespass if they are disabled."""
    return enabled(Actor(user_by_id(session, user_id), door))


def enabled(actor: Actor) -> Actor:
    """The same actor; raises Trespass if the person is disabled."""
    if actor.person.disabled_at:
        raise Trespass("%(user)s is disabled.", user=actor.person, **actor.signature)
    return actor


def user_with_address(session: Session, address: str) -> User:
    """The person with this address, disabled or not; raises Unknown."""
    user = find_user(session, address)
    if user is None:
        raise Unknown("There is no user with this address.")
    return user


def user_by_id(session: Session, user_id: int) -> User:
    """The person with this number, disabled or not; raises Unknown."""
    # PostgreSQL's bigint ends there.
    user = session.get(User, user_id) if user_id < 2**63 else None
    if user is None:
        raise Unknown("There is no user %(number)d.", number=user_id)
    return user


def find_user(session: Session, address: str) -> User | None:
    """The person with this address, whatever its case and the spelling of its domain, or None."""
    try:
        key = address_key(checked_address(address.strip()))
    except Invalid:
        return None
    return session.scalar(select(User).where(User.address_key == key))


def role_named(session: Session, name: str) -> Role:
    """The role of this name; raises Unknown."""
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        raise Unknown("There is no role %(role)r.", role=name)
    return role


def checked_right(number: int) -> int:
    """The number of a right that exists; raises Invalid."""
    try:
        return int(Right(number))
    except ValueError:
        raise Invalid("There is no right with the number %(number)d.", number=number) from None


class Archived(Refusal):
    """The list takes nothing any more."""


def lock_list(session: Session, mailing_list: MailingList) -> None:
    """Lock the row; waits for messages that are being handed in, as `require_open` shares it."""
    session.flush()  # or what this session has changed would be forgotten
    session.refresh(mailing_list, with_for_update=True)


def require_open(session: Session, mailing_list: MailingList) -> None:
    """Raise Archived, or see to it that the list is not archived before this transaction ends."""
    # A lock that a foreign key takes anyway: a thousand members may join at once.
    current = select(MailingList.archived_at).where(MailingList.id == mailing_list.id)
    if session.scalar(current.with_for_update(read=True, key_share=True)):
        raise Archived("The list %(list)s is archived.", list=mailing_list)


def is_archived(session: Session, list_id: int) -> bool:
    """Whether the list with this number is archived."""
    return session.get_one(MailingList, list_id).archived_at is not None
