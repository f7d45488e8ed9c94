"""Users and roles: add, disable, grant; and the question whether somebody may."""

from collections.abc import Iterable

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Change,
    Door,
    Invalid,
    Message,
    Right,
    Role,
    Trespass,
    Unknown,
    User,
    record,
)
from models.addresses import address_key
from models.clock import now
from workflows.administrators import never_the_last
from workflows.journal import hold, note_everywhere
from workflows.names import person_name, role_name


def add_user(
    session: Session,
    address: str,
    name: str,
    *,
    roles: Iterable[str] = (),
    by: User | None,
    via: Door,
) -> User:
    """Add a person, with the roles of these names.

    Raises Invalid for an address that is none or is taken, Unknown for a role, Trespass without
    the right to edit users.
    """
    require(by, Right.EDIT_USERS, via)
    user = User(address=checked_address(address), name=person_name(name))
    names = list(roles)
    if find_user(session, user.address):
        raise Invalid("There is already a user with this address.")
    user.roles = [role_named(session, role) for role in names]
    session.add(user)
    session.flush()
    record(session, Act.ADDED_USER, by=by, via=via, user_id=user.id, roles=names)
    return user


def grant(session: Session, user: User, role_name: str, *, by: User | None, via: Door) -> None:
    """Give `user` a role; giving it twice is giving it once."""
    require(by, Right.EDIT_USERS, via)
    role = role_named(session, role_name)
    if role not in user.roles:
        user.roles.append(role)
        record(session, Act.GRANTED_ROLE, by=by, via=via, user_id=user.id, role=role.name)


def disable(session: Session, user: User, *, by: User | None, via: Door) -> None:
    """From now on this person neither acts nor receives, on no list; nothing is forgotten.

    Raises LastAdministrator.
    """
    require(by, Right.EDIT_USERS, via)
    hold(session, user, by)
    if not user.disabled_at:
        with never_the_last(session, by=by, via=via):
            user.disabled_at = now()
        note_everywhere(session, Change.DISABLED, user, by=by, via=via)
        record(session, Act.DISABLED_USER, by=by, via=via, user_id=user.id)


def enable(session: Session, user: User, *, by: User | None, via: Door) -> None:
    """Undo `disable`; raises Invalid for somebody who was removed."""
    require(by, Right.EDIT_USERS, via)
    hold(session, user, by)
    if user.removed_at:
        raise Invalid("%(user)s was removed.", user=user)
    if user.disabled_at:
        user.disabled_at = None
        note_everywhere(session, Change.ENABLED, user, by=by, via=via)
        record(session, Act.ENABLED_USER, by=by, via=via, user_id=user.id)


def define_role(
    session: Session, name: str, rights: Iterable[int], *, by: User | None, via: Door
) -> Role:
    """Create the role of this name, or give the existing one exactly these rights.

    Raises LastAdministrator.
    """
    require(by, Right.EDIT_USERS, via)
    known = sorted({checked_right(number) for number in rights})
    name = role_name(name)
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        role = Role(name=name, rights=known)
        session.add(role)
    with never_the_last(session, by=by, via=via):
        role.rights = known
    record(session, Act.EDITED_ROLE, by=by, via=via, role=name, rights=known)
    return role


def require(
    by: User | None,
    right: Right,
    via: Door,
    *,
    message_id: int | None = None,
    list_id: int | None = None,
) -> None:
    """Raise Trespass unless `by` has `right`; the operator at the machine (None) may everything."""
    if by is not None and not by.may(right):
        raise Trespass(
            "%(user)s lacks the right %(right)s (%(number)d).",
            user=by,
            right=right.name,
            number=right,
            by_id=by.id,
            via=via,
            message_id=message_id,
            list_id=list_id,
        )


def require_author(message: Message, user: User, via: Door) -> None:
    """Raise Trespass unless `user` wrote the message."""
    if user.id != message.author_id:
        raise Trespass(
            "%(user)s did not write message %(number)d.",
            user=user,
            number=message.id,
            by_id=user.id,
            via=via,
            **message.place,
        )


def acting_user(session: Session, address: str, via: Door) -> User:
    """The person who acts; raises Unknown, or Trespass if they are disabled."""
    user = find_user(session, address)
    if user is None:
        raise Unknown("There is no user with this address.")
    return enabled(user, via)


def acting_user_by_id(session: Session, user_id: int, via: Door) -> User:
    """Like `acting_user`, for callers that name people by id."""
    return enabled(user_by_id(session, user_id), via)


def enabled(user: User, via: Door) -> User:
    """The same person; raises Trespass if they are disabled."""
    if user.disabled_at:
        raise Trespass("%(user)s is disabled.", user=user, by_id=user.id, via=via)
    return user


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


def checked_address(address: str) -> str:
    """The address in its normal form (RFC 5321, internationalised too); raises Invalid."""
    try:
        return normal_form(address)
    except EmailNotValidError:
        raise no_address(address) from None


def normal_form(address: str) -> str:
    """The address in its normal form; raises EmailNotValidError."""
    # Organisations test with .test and name their own hosts as they like: no look-up here.
    return validate_email(address, check_deliverability=False, test_environment=True).normalized


def no_address(text: str) -> Invalid:
    """What is wrong with it; the reasons of the library are in English only, and quote the text."""
    if text.count("@") != 1:
        return Invalid("This is not an e-mail address: it needs one @ sign.")
    try:
        normal_form(f"a@{text.partition('@')[2]}")
    except EmailNotValidError:
        return Invalid("This is not an e-mail address: what follows the @ sign is no domain.")
    return Invalid("This is not an e-mail address: what precedes the @ sign cannot stand there.")
