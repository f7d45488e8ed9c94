"""The token in a copy: whom it unsubscribes from which list."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from models import Installation, MailingList, Unknown, User
from models.addresses import detail_of
from models.ids import MAX_ID
from notifications.mime.sealed_ids import UNSUBSCRIBE, SealedIds


@dataclass(frozen=True)
class TokenOwner:
    """A person and a list, of which the person may not be a member any more."""

    user: User
    mailing_list: MailingList


def owner_of(session: Session, token: str) -> TokenOwner:
    """Return whom the token names; raise Unknown."""
    found = find_owner(session, token)
    if found is None:
        raise Unknown("This link is unknown.")
    return found


def find_owner(session: Session, token: str) -> TokenOwner | None:
    """Return whom the token names, or None."""
    ids = tokens(session).open(token)
    if ids is None or max(ids) > MAX_ID:
        return None
    mailing_list, user = session.get(MailingList, ids[0]), session.get(User, ids[1])
    return TokenOwner(user, mailing_list) if mailing_list and user else None


def find_owner_by_address(session: Session, address: str) -> TokenOwner | None:
    """Return whom the token in `unsubscribe+token@...` names, or None."""
    return find_owner(session, detail_of(address))


def token_of(session: Session, list_id: int, user_id: int) -> str:
    """Return the token of a person on a list."""
    return tokens(session).seal(list_id, user_id)


def tokens(session: Session) -> SealedIds:
    """Return the cipher of this installation's tokens."""
    return SealedIds(session.get_one(Installation, True).token_key, UNSUBSCRIBE)
