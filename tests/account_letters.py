"""Bring about the letters that are about somebody's own account."""

from sqlalchemy.orm import Session

from models import Actor, Door, LetterName, User
from workflows.people.account_links import LETTERS, send_link
from workflows.people.addresses import change_address
from workflows.people.credentials import change_password


def tell_of_account(session: Session, user: User, letter: LetterName) -> None:
    """Have that happen to the person's account which this letter tells of, if it tells of one."""
    for purpose, brought in LETTERS.items():
        if brought is letter:
            send_link(session, user, purpose)
    if letter is LetterName.PASSWORD_CHANGED:
        change_password(session, "a hash", actor=Actor(user, Door.PORTAL))
    if letter is LetterName.ADDRESS_CHANGED:
        change_address(session, user, "hopper@example.org", actor=Actor(user, Door.PORTAL))
