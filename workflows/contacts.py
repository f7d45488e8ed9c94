"""How a person is reached: language, telephone, e-mail or SMS."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, Door, Invalid, Language, Preference, Right, User, record
from notifications.sms import valid_number
from workflows.people import require


def change_contact(
    session: Session,
    user: User,
    *,
    language: Language | None = None,
    phone: str | None = None,
    preference: Preference | None = None,
    by: User | None,
    via: Door,
) -> None:
    """Change what is given and leave the rest; an empty `phone` takes the number away.

    Raises Invalid for a number that is none or somebody else's, and for SMS without a number;
    Trespass for somebody else's contact without the right to edit users.
    """
    if by is not user:
        require(by, Right.EDIT_USERS, via)
    if phone is not None:
        user.phone = free_number(session, phone, user) if phone else None
    user.language = language or user.language
    user.preference = preference or user.preference
    if user.preference is not Preference.EMAIL and not user.phone:
        raise Invalid("%(user)s has no telephone number to send an SMS to.", user=user)
    record(session, Act.CHANGED_CONTACT, by=by, via=via, user_id=user.id)


def free_number(session: Session, phone: str, user: User) -> str:
    """The number in E.164, if nobody else has it; raises Invalid."""
    try:
        number = valid_number(phone)
    except ValueError as wrong:
        raise Invalid(str(wrong)) from None
    taken = select(User.id).where(User.phone == number, User.id != user.id)
    if session.scalar(taken) is not None:
        raise Invalid("Another user has this telephone number.")
    return number
