"""Authorisation, and the look-ups that every verb begins with."""

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
from models.addresses import typed_key


def require(
    actor: Actor,
    right: Right,
    *,
    message_id: int | None = None,
    list_id: int | None = None,
) -> None:
    """Raise Trespass unless the actor has `right` everywhere or, with `list_id`, on that list.

    The operator and the system have every right.
    """
    if not actor.may(right, list_id):
        raise lacks(actor, right, message_id=message_id, list_id=list_id)


def require_everywhere(actor: Actor, right: Right, *, list_id: int) -> None:
    """Raise Trespass unless the actor has `right` everywhere; on this list alone is not enough."""
    if not actor.may(right):
        raise lacks(actor, right, list_id=list_id)


def lacks(
    actor: Actor, right: Right, *, message_id: int | None = None, list_id: int | None = None
) -> Trespass:
    """Return the refusal of an actor without the right."""
    return Trespass(
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


def require_author_or(right: Right, message: Message, actor: Actor) -> None:
    """Raise Trespass unless the actor wrote the message or has `right`."""
    if actor.user is None or actor.user.id != message.author_id:
        require(actor, right, **message.place)


def actor_with_address(session: Session, address: str, door: Door) -> Actor:
    """Return an Actor for the user with this address; raise Unknown, or Trespass if disabled."""
    return enabled(Actor(user_with_address(session, address), door))


def actor_by_id(session: Session, user_id: int, door: Door) -> Actor:
    """Return an Actor for the user with this id; raise Unknown, or Trespass if disabled."""
    return enabled(Actor(user_by_id(session, user_id), door))


def enabled(actor: Actor) -> Actor:
    """Return the actor; raise Trespass if the user is disabled."""
    if actor.person.disabled_at:
        raise Trespass("%(user)s is disabled.", user=actor.person, **actor.signature)
    return actor


def user_with_address(session: Session, address: str) -> User:
    """Return the user with this address, disabled or not; raise Unknown."""
    user = find_user(session, address)
    if user is None:
        raise Unknown("There is no user with this address.")
    return user


def user_by_id(session: Session, user_id: int) -> User:
    """Return the user with this id, disabled or not; raise Unknown."""
    user = session.get(User, user_id)
    if user is None:
        raise Unknown("There is no user %(number)d.", number=user_id)
    return user


def find_user(session: Session, address: str) -> User | None:
    """Return the user with this address or None; case and the domain's spelling do not count."""
    try:
        key = typed_key(address)
    except Invalid:
        return None
    return session.scalar(select(User).where(User.address_key == key))


def role_named(session: Session, name: str) -> Role:
    """Return the role with this name; raise Unknown."""
    # PostgreSQL has no text with NUL.
    role = None if "\0" in name else session.scalar(select(Role).where(Role.name == name))
    if role is None:
        raise Unknown("There is no role %(role)r.", role=name)
    return role


def checked_right(number: int) -> int:
    """Return the number if there is such a right; raise Invalid."""
    try:
        return int(Right(number))
    except ValueError:
        raise Invalid("There is no right with the number %(number)d.", number=number) from None


class Archived(Refusal):
    """The list is archived: it takes neither messages nor members."""


def lock_list(session: Session, mailing_list: MailingList) -> None:
    """Lock the list's row; waits for transactions that hold the shared lock of `require_open`."""
    session.flush()  # refresh() would discard unflushed changes
    session.refresh(mailing_list, with_for_update=True)


def require_open(session: Session, mailing_list: MailingList) -> None:
    """Raise Archived if the list is; otherwise keep it from being archived until the commit."""
    # The lock that a foreign key takes anyway, so that a thousand members may join at once.
    current = select(MailingList.archived_at).where(MailingList.id == mailing_list.id)
    if session.scalar(current.with_for_update(read=True, key_share=True)):
        raise Archived("The list %(list)s is archived.", list=mailing_list)


def is_archived(session: Session, list_id: int) -> bool:
    """Return whether the list with this id is archived."""
    return session.get_one(MailingList, list_id).archived_at is not None
