"""Change the address of a person, and so of every subscription they have."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Act, Actor, Change, Invalid, LetterName, LinkPurpose, Right, User, record
from models.addresses import checked_address
from workflows.access import find_user, require
from workflows.people.account_links import send_link, tell_owner, void_links
from workflows.sendout.recipients import readdress
from workflows.sync.journal import lock_user, note_everywhere


def ask_for_address(session: Session, user: User, address: str) -> None:
    """Have the person confirm a new address from there; until then the old one counts.

    Raises Invalid for an address that is none, or is somebody else's.
    """
    send_link(session, user, LinkPurpose.ADDRESS, new_address=free_address(session, address, user))


def change_address(session: Session, user: User, address: str, *, actor: Actor) -> bool:
    """Give the person another address, and tell them at both; False if it is theirs already.

    Raises Invalid for an address that is none or somebody else's and for somebody who was removed,
    Trespass if it is somebody else's to change and the actor may not edit users.
    """
    if actor.user is not user:
        require(actor, Right.EDIT_USERS)
    lock_user(session, user, actor)
    if user.removed_at:
        raise Invalid("%(user)s was removed.", user=user)
    wanted = free_address(session, address, user)
    if wanted == user.address:
        return False
    former = user.address
    try:
        with session.begin_nested():
            user.address = wanted
    except IntegrityError:  # its words would quote the address
        raise Invalid("Another user has this address.") from None
    readdress(session, former, wanted)
    # A link on its way to the old mailbox is no longer this person's.
    void_links(session, user)
    for address_told in (former, None):
        tell_owner(session, user, LetterName.ADDRESS_CHANGED, former_address=address_told)
    lists = note_everywhere(session, Change.READDRESSED, user, actor=actor)
    record(session, Act.CHANGED_ADDRESS, actor=actor, user_id=user.id, lists=lists)
    return True


def free_address(session: Session, address: str, user: User) -> str:
    """The address in its normal form, if nobody else has it; raises Invalid."""
    wanted = checked_address(address.strip())
    if find_user(session, wanted) not in {None, user}:
        raise Invalid("Another user has this address.")
    return wanted
