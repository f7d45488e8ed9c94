"""Change the address of a person, and so of every subscription they have."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Act, Change, Door, Invalid, Right, User, record
from workflows.journal import hold, note_everywhere
from workflows.people import checked_address, require


def change_address(
    session: Session, user: User, address: str, *, by: User | None, via: Door
) -> bool:
    """Give the person another address; False if it is theirs already.

    Raises Invalid for an address that is none or somebody else's and for somebody who was removed,
    Trespass if it is somebody else's to change and `by` may not edit users.
    """
    if by is not user:
        require(by, Right.EDIT_USERS, via)
    checked = checked_address(address)
    hold(session, user)
    if user.removed_at:
        raise Invalid(f"{user} was removed.")
    if checked == user.address:
        return False
    try:
        with session.begin_nested():
            user.address = checked
    except IntegrityError:  # its words would quote the address
        raise Invalid("There is already a user with this address.") from None
    lists = note_everywhere(session, Change.READDRESSED, user, by=by, via=via)
    record(session, Act.CHANGED_ADDRESS, by=by, via=via, user_id=user.id, lists=lists)
    return True
