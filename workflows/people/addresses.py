"""Change a person's address, and with it that of all their subscriptions."""

from functools import partial

from sqlalchemy.orm import Session

from models import Act, Actor, Change, Invalid, LetterName, LinkPurpose, Right, User, record
from models.addresses import checked_address
from workflows.access import find_user, require
from workflows.people.account_links import notify_owner, send_link, void_links
from workflows.sendout.recipients import readdress
from workflows.subscriptions.suspend import resume_at_new_address
from workflows.sync.journal import lock_user, note_everywhere
from workflows.unique import unique


def request_address_change(session: Session, user: User, address: str) -> None:
    """Mail a link to the new address; until it is opened, the current address stays.

    Raises Invalid if the address is invalid or another user's.
    """
    send_link(session, user, LinkPurpose.ADDRESS, new_address=free_address(session, address, user))


def change_address(session: Session, user: User, address: str, *, actor: Actor) -> bool:
    """Change the person's address and notify both addresses; return False if it is unchanged.

    Raises Invalid if the address is invalid or another user's, or the person was removed; Trespass
    for another person's address without the right to edit users.
    """
    if actor.user is not user:
        require(actor, Right.EDIT_USERS)
    lock_user(session, user, actor)
    if user.removed_at:
        raise Invalid("%(user)s was removed.", user=user)
    former = user.address
    with unique(session, partial(free_address, session, address, user)) as wanted:
        if wanted == former:
            return False
        user.address = wanted
    readdress(session, former, wanted)
    # A link sent to the old mailbox may now be opened by someone else.
    void_links(session, user)
    for former_address in (former, None):
        notify_owner(session, user, LetterName.ADDRESS_CHANGED, former_address=former_address)
    resume_at_new_address(session, user, actor=actor)
    lists = note_everywhere(session, Change.READDRESSED, user, actor=actor)
    record(session, Act.CHANGED_ADDRESS, actor=actor, user_id=user.id, lists=lists)
    return True


def free_address(session: Session, address: str, user: User) -> str:
    """Return the normalized address; raises Invalid if it is invalid or another user's."""
    wanted = checked_address(address.strip())
    if find_user(session, wanted) not in {None, user}:
        raise Invalid("Another user has this address.")
    return wanted
