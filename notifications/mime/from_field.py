"""Decide whose name and address the From field of a list's mail has."""

from email import policy
from enum import StrEnum

from models import FromField, ListDelivery, MailingList, Message
from notifications.mime.envelope import wire_domain
from notifications.mime.header_lines import Field, mailboxes, split_mail


class FromNotice(StrEnum):
    """What an author should know before the message is handed in."""

    FROM_LIST = "from_list"  # recipients see the list's address, and replies go to the author
    FOREIGN = "foreign"  # From is of a domain for which the list's server may not send


def from_notice(message: Message) -> FromNotice | None:
    """Return what to tell the author about the From field, or None."""
    if is_from_list(message.mailing_list, message.raw):
        return FromNotice.FROM_LIST
    delivered_here = message.mailing_list.delivery is ListDelivery.MEMBERS
    own = is_of_lists_domain(message.mailing_list, message.raw)
    return FromNotice.FOREIGN if delivered_here and not own else None


def is_from_list(mailing_list: MailingList, raw: bytes) -> bool:
    """Whether From is the list's address; automatically if the author's is of another domain.

    DMARC would let providers reject it.  A list server that distributes the mail itself decides
    that by itself, and expects the author's address.
    """
    match mailing_list.from_field:
        case FromField.AUTHOR:
            return False
        case FromField.LIST:
            return True
    delivered_here = mailing_list.delivery is ListDelivery.MEMBERS
    return delivered_here and not is_of_lists_domain(mailing_list, raw)


def is_of_lists_domain(mailing_list: MailingList, raw: bytes) -> bool:
    """Whether every From address is of the list's domain, of one above or one below it.

    DMARC calls that relaxed alignment (RFC 7489, 3.1).
    """
    own = _domain(mailing_list.address)
    written = [
        _domain(address)
        for field in split_mail(raw).fields
        if field.name == "from"
        for address in mailboxes(field.value.decode("utf-8", "replace"))
    ]
    return bool(written) and all(
        own == other or own.endswith(f".{other}") or other.endswith(f".{own}") for other in written
    )


def list_from(written_by: Field, author: str, *, list_name: str) -> str:
    """Return `Ada via News`; `author` is used if From has no name."""
    header = policy.default.header_factory("From", written_by.value.decode("utf-8", "replace"))
    names = [each.display_name for each in header.addresses]
    return f"{_shown(names[0]) or _shown(author)} via {_shown(list_name)}"


def _shown(name: str) -> str:
    return "".join(each for each in " ".join(name.split()) if each.isprintable())


def _domain(address: str) -> str:
    domain = address.rpartition("@")[2].lower()
    try:
        return wire_domain(domain)
    except ValueError:
        return domain
