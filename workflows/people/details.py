"""Add a person with all details, and change any of them, for another service."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Actor, Right, User
from workflows.access import require
from workflows.people.addresses import change_address
from workflows.people.contacts import ContactChanges, change_contact
from workflows.people.roles import set_roles
from workflows.people.users import add_user
from workflows.subscriptions.subscribe import require_not_removed
from workflows.sync.journal import lock_user


@dataclass(frozen=True)
class PersonChanges:
    """Changes of a person; None leaves a value unchanged."""

    contact: ContactChanges
    address: str | None = None
    roles: Collection[str] | None = None  # those that are granted everywhere


def add_person(
    session: Session,
    address: str,
    name: str,
    *,
    contact: ContactChanges,
    roles: Collection[str] = (),
    actor: Actor,
) -> User:
    """Add a person; raises Invalid, Unknown and Trespass as `add_user` and `change_contact` do."""
    user = add_user(session, address, name, roles=roles, actor=actor)
    apply_contact(session, user, contact, actor=actor)
    return user


def change_person(session: Session, user: User, changes: PersonChanges, *, actor: Actor) -> bool:
    """Change the given values; return False if they were so before.

    Raises Invalid for a value that is not valid or another person's, or if the person was removed;
    Unknown for a role; Trespass for another person, or for roles, without the right to edit users.
    """
    if actor.user is not user:
        require(actor, Right.EDIT_USERS)
    lock_user(session, user, actor)
    require_not_removed(user)
    changed = apply_contact(session, user, changes.contact, actor=actor)
    if changes.address is not None:
        changed |= change_address(session, user, changes.address, actor=actor)
    if changes.roles is not None:
        before = set(user.roles)
        set_roles(session, user, changes.roles, actor=actor)
        changed |= set(user.roles) != before
    return changed


def apply_contact(session: Session, user: User, contact: ContactChanges, *, actor: Actor) -> bool:
    """Change the contact, with an entry in the audit log if a value is new; return whether."""
    before = contact_of(user)
    if not any(
        value is not None and value != getattr(before, name)
        for name, value in vars(contact).items()
    ):
        return False
    change_contact(session, user, contact, actor=actor)
    return contact_of(user) != before


def contact_of(user: User) -> ContactChanges:
    """Return the person's contact."""
    return ContactChanges(
        user.name, user.language, user.time_zone, user.phone or "", user.preference
    )
