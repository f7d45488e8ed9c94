"""Trigger the letters about a user's own account."""

from sqlalchemy.orm import Session

from models import Actor, Door, LetterName, User
from workflows.people.account_links import LETTERS, send_link
from workflows.people.addresses import change_address
from workflows.people.credentials import change_password
from workflows.people.recovery_codes import replace_recovery_codes, use_recovery_code


def trigger_account_letter(session: Session, user: User, letter: LetterName) -> None:
    """Cause the change to the account that this letter reports; nothing for other letters."""
    for purpose, named in LETTERS.items():
        if named is letter:
            send_link(session, user, purpose)
    if letter is LetterName.PASSWORD_CHANGED:
        change_password(session, "a hash", actor=Actor(user, Door.PORTAL))
    if letter is LetterName.RECOVERY_CODE_USED:
        actor = Actor(user, Door.PORTAL)
        replace_recovery_codes(session, ["a hash", "another"], actor=actor)
        use_recovery_code(session, "a hash", actor=actor)
    if letter is LetterName.ADDRESS_CHANGED:
        change_address(session, user, "hopper@example.org", actor=Actor(user, Door.PORTAL))
