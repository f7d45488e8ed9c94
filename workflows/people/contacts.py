"""Change a person's name, language, time zone, telephone number and preferred channel."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, Actor, Invalid, Language, Preference, Right, User, record
from models.names import person_name
from notifications.sms.twilio import valid_number
from workflows.access import require
from workflows.unique import unique


@dataclass(frozen=True)
class ContactChanges:
    """Changes of a person's contact; None leaves a value unchanged."""

    name: str | None = None
    language: Language | None = None
    time_zone: str | None = None  # IANA name; empty: the organisation's
    phone: str | None = None  # empty: none
    preference: Preference | None = None


def change_contact(session: Session, user: User, changes: ContactChanges, *, actor: Actor) -> None:
    """Change the given values.

    Raises Invalid if the number is invalid or another user's, if SMS is chosen without a number or
    the time zone is unknown; Trespass for another person's contact without the right to edit
    users.
    """
    if actor.user is not user:
        require(actor, Right.EDIT_USERS)
    if user.removed_at:
        raise Invalid("%(user)s was removed.", user=user)
    before = user.name
    user.name = before if changes.name is None else person_name(changes.name)
    if changes.phone:
        with unique(session, partial(free_number, session, changes.phone, user)) as number:
            user.phone = number
    elif changes.phone is not None:
        user.phone = None
    if changes.time_zone is not None:
        user.time_zone = known_zone(changes.time_zone)
    user.language = changes.language or user.language
    user.preference = changes.preference or user.preference
    if user.preference is not Preference.EMAIL and not user.phone:
        raise Invalid("%(user)s has no telephone number to send an SMS to.", user=user)
    renamed: dict[str, Any] = {"name": user.name, "before": before} if user.name != before else {}
    record(session, Act.CHANGED_CONTACT, actor=actor, user_id=user.id, **renamed)


def known_zone(name: str) -> str:
    """Return the IANA name, which may be empty; raises Invalid if there is no such time zone."""
    if name and name not in available_timezones():
        raise Invalid("There is no such time zone.")
    return name


def free_number(session: Session, phone: str, user: User) -> str:
    """Return the number in E.164; raises Invalid if it is invalid or another user's."""
    number = valid_number(phone)
    taken = select(User.id).where(User.phone == number, User.id != user.id)
    if session.scalar(taken) is not None:
        raise Invalid("Another user has this telephone number.")
    return number
